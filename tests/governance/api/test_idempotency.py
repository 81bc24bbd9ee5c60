"""The key of a call: one per caller and endpoint, and printable."""

from uuid import UUID

import pytest
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from governance.api import idempotency
from governance.errors import BadInput

ONE, TWO = UUID(int=1), UUID(int=2)


def call(key: str | None) -> Request:
    sent = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return Request(APIRequestFactory().post("/", **sent))


def test_a_key_stands_for_one_token_of_one_caller_at_one_endpoint() -> None:
    first = idempotency.token(call("k"), of="user:a", within=ONE)
    assert first == idempotency.token(call("k"), of="user:a", within=ONE)
    others = {
        idempotency.token(call("K"), of="user:a", within=ONE),
        idempotency.token(call("k"), of="user:b", within=ONE),
        idempotency.token(call("k"), of="user:a", within=TWO),
    }
    assert len(others) == 3
    assert first not in others


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "ключ", "a\tb"])
def test_a_key_that_cannot_be_printed_is_refused(key: str) -> None:
    for read in (idempotency.token, idempotency.token_if_sent):
        with pytest.raises(BadInput, match="Idempotency-Key"):
            read(call(key), of="user:a", within=ONE)


def test_only_where_it_is_optional_may_it_be_left_out() -> None:
    assert idempotency.token_if_sent(call(None), of="user:a", within=ONE) is None
    assert idempotency.token_if_sent(call("x" * 200), of="user:a", within=ONE) is not None
    with pytest.raises(BadInput):
        idempotency.token(call(None), of="user:a", within=ONE)
