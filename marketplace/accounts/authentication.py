"""Let callers in by their key."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from marketplace.accounts.keys import PREFIX, find_key
from marketplace.accounts.models import Key, User


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cc_…`."""

    def authenticate(self, request: Request) -> tuple[User, Key] | None:
        """The key's user and the key; None without a header. Raises AuthenticationFailed."""
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header:
            return None
        scheme, _, text = header.partition(" ")
        if scheme.lower() != "bearer" or not text.startswith(PREFIX):
            raise AuthenticationFailed("Send `Authorization: Bearer <key>`.")
        key = find_key(text=text.strip(), now=timezone.now())
        if key is None:
            raise AuthenticationFailed("There is no such key, or it is revoked or expired.")
        return key.user, key

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"
