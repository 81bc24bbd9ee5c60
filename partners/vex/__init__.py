"""VEX documents: CycloneDX, OpenVEX and CSAF in, CycloneDX and OpenVEX out."""
