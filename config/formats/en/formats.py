"""Times with their zone: what stands in the settings yields to what Django says of English."""

DATETIME_FORMAT = "M j, Y, H:i e"
SHORT_DATETIME_FORMAT = "Y-m-d H:i e"
