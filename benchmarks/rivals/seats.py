"""`python -m benchmarks.rivals.seats N`: people with tokens, in Label Studio's environment."""

import json
import secrets
import sys

import django

django.setup()

from organizations.models import Organization  # noqa: E402 -- settings come first
from rest_framework.authtoken.models import Token  # noqa: E402
from users.models import User  # noqa: E402


def main(n_people: int) -> list[str]:
    """The tokens of so many members of one new organization."""
    people = [
        User.objects.create_user(email=f"p{n}@example.org", password=secrets.token_hex(16))
        for n in range(n_people)
    ]
    organization = Organization.create_organization(created_by=people[0], title="Bench")
    organization.jwt.legacy_api_tokens_enabled = True
    organization.jwt.save()
    for person in people:
        organization.add_user(person)
        person.active_organization = organization
        person.save(update_fields=["active_organization"])
    return [Token.objects.get_or_create(user=person)[0].key for person in people]


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
