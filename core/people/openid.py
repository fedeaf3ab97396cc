"""OpenID Connect: there and back with an identity provider (code flow with PKCE, state and nonce), and its tokens checked.

The provider is found by discovery. Whoever runs Slate names it, so it may be on the own network; what it answers is limited in
size and time, and believed only as far as its signature reaches.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import structlog

from core.comfyui.body import BadEncoding, TooMuch, read_body
from core.comfyui.deadline import Deadline
from core.errors import IdentityProviderAway, Refused
from core.formats import bounded_json
from core.people.provider_accounts import Identity
from core.settings import Settings
from storage.late_import import Late

jwt, jwk, claims = Late("joserfc.jwt"), Late("joserfc.jwk"), Late("authlib.oidc.core.claims")
jose_errors, pkce = Late("joserfc.errors"), Late("authlib.oauth2.rfc7636")

log = structlog.get_logger(__name__)

CALLBACK = "/openid/callback"
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Only signatures that the provider alone can make: no `none`, and nothing that is signed with the client's secret."""
_SECONDS = 10.0
_KEPT_SECONDS = 600.0
"""How long what the provider says of itself, and its keys, are kept; keys are fetched anew for a signature they do not fit."""
_LEEWAY = 60
_LONGEST_TOKEN = 16 << 10
_TEXT = 200


@dataclass(frozen=True)
class Visit:
    """A sign-in that has begun: where the browser goes, and what must come back."""

    url: str
    facts: dict[str, str]


class OpenIdProvider:
    """The identity provider of the settings; it may be used by several threads."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._until = 0.0

    @property
    def name(self) -> str:
        """What the button on the sign-in page says."""
        return self._settings.openid_name or urlsplit(self._settings.openid_issuer).hostname or "your provider"

    def begin(self, state: str) -> Visit:
        """Where to send the browser, and the facts to keep until it is back. Raises IdentityProviderAway."""
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        asked = {
            "response_type": "code",
            "client_id": self._settings.openid_client_id,
            "redirect_uri": self._redirect_uri,
            "scope": "openid email profile",
            "state": state,
            "nonce": nonce,
            "code_challenge": pkce.create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        place = self._endpoint("authorization_endpoint")
        return Visit(f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}", {"nonce": nonce, "verifier": verifier})

    def finish(self, facts: Mapping[str, str], code: str, issuer: str = "") -> Identity:
        """Who came back with this code. Raises Refused for what cannot be believed, IdentityProviderAway."""
        if issuer and issuer != self._settings.openid_issuer:  # RFC 9207: an answer of another provider, mixed up with ours
            raise _refused("the answer is another provider's")
        tokens = self._exchange(code, facts.get("verifier", ""))
        raw, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(raw, str) or len(raw) > _LONGEST_TOKEN:
            raise _refused("there is no ID token")
        known = self._checked(raw, facts.get("nonce", ""), access if isinstance(access, str) else "")
        if isinstance(access, str) and access and not (known.get("email") and known.get("name")):
            known = self._more(access, str(known["sub"])) | known
        return _identity(self._settings.openid_issuer, known)

    @property
    def _redirect_uri(self) -> str:
        return f"{self._settings.base_url}{CALLBACK}"

    def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        """The tokens for a code. Raises Refused, IdentityProviderAway."""
        asked = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._redirect_uri, "code_verifier": verifier}
        client, secret = self._settings.openid_client_id, self._settings.openid_client_secret
        ways = self._metadata().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        headers = {}
        if not secret:
            asked["client_id"] = client
        elif "client_secret_basic" in ways:
            pair = f"{quote(client, safe='')}:{quote(secret, safe='')}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        else:
            asked |= {"client_id": client, "client_secret": secret}
        status, told = self._ask("POST", self._endpoint("token_endpoint"), data=asked, headers=headers)
        if status != 200:
            raise _refused(f"the provider answers {status} {_text(told.get('error'))}".rstrip())
        return told

    def _checked(self, raw: str, nonce: str, access: str) -> dict[str, Any]:
        """The claims of an ID token. Keys that do not fit are fetched anew once, as providers change them. Raises Refused."""
        try:
            token = self._decoded(raw, fresh=False)
            if token is None:
                token = self._decoded(raw, fresh=True)
            if token is None:
                raise _refused("the signature is not the provider's")
            found = claims.CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": self._settings.openid_issuer},
                    "aud": {"essential": True, "value": self._settings.openid_client_id},
                    "nonce": {"essential": True},
                },
                params={"nonce": nonce, "client_id": self._settings.openid_client_id, "access_token": access},
            )
            found.validate(now=int(time.time()), leeway=_LEEWAY)
        except jose_errors.JoseError as problem:
            raise _refused(f"the ID token does not hold: {_text(problem.error)} {_text(problem.description)}") from problem
        except (ValueError, TypeError, KeyError, RecursionError) as problem:
            raise _refused("the ID token is none") from problem
        if not nonce or not isinstance(found.get("sub"), str) or not found["sub"]:
            raise _refused("the ID token says nobody")
        return dict(found)

    def _decoded(self, raw: str, *, fresh: bool) -> Any:
        """The token, or None where its signature fits no key that is known."""
        if fresh or not self._keys:
            self._keys = self._get(self._endpoint("jwks_uri"))
        try:
            return jwt.decode(raw, jwk.KeySet.import_key_set(self._keys), algorithms=list(_ALGORITHMS))
        except (jose_errors.BadSignatureError, jose_errors.InvalidKeyIdError, jose_errors.MissingKeyError):
            return None

    def _more(self, access: str, subject: str) -> dict[str, Any]:
        """What the provider says of the person beside the token; nothing where it is about somebody else."""
        if not self._metadata().get("userinfo_endpoint"):
            return {}
        status, told = self._ask("GET", self._endpoint("userinfo_endpoint"), headers={"Authorization": f"Bearer {access}"})
        return told if status == 200 and told.get("sub") == subject else {}

    def _endpoint(self, name: str) -> str:
        found = self._metadata().get(name)
        if not isinstance(found, str) or not _same_safety(found, self._settings.openid_issuer):
            raise IdentityProviderAway(f"The identity provider names no {name} that can be used.", hint=_HINT)
        return found

    def _metadata(self) -> dict[str, Any]:
        """What the provider says of itself. Raises IdentityProviderAway."""
        with self._lock:
            if time.monotonic() >= self._until:
                issuer = self._settings.openid_issuer
                told = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if told.get("issuer") != issuer:
                    said = f"The identity provider calls itself {_text(told.get('issuer'))}, not {issuer}."
                    raise IdentityProviderAway(said, hint="SLATE_OPENID_ISSUER must be written as the provider writes it.")
                self._told, self._keys, self._until = told, {}, time.monotonic() + _KEPT_SECONDS
            return self._told

    def _get(self, url: str) -> dict[str, Any]:
        status, told = self._ask("GET", url)
        if status != 200:
            raise IdentityProviderAway(f"The identity provider answers {status}.", hint=_HINT)
        return told

    def _ask(self, method: str, url: str, **more: Any) -> tuple[int, dict[str, Any]]:
        """(status, JSON object) of one request, limited in size and time. Raises IdentityProviderAway."""
        deadline = Deadline()
        try:
            with httpx2.Client(timeout=_SECONDS, follow_redirects=False) as client, deadline.within(_SECONDS) as trace:
                request = client.build_request(method, url, extensions={"trace": trace}, **more)
                request.headers["Accept"] = "application/json"
                answer = client.send(request, stream=True)
                data = read_body(answer, bounded_json.SHORT, lambda received: None)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError, TooMuch, BadEncoding) as problem:
            log.warning("openid.away", host=urlsplit(url).hostname, why=type(problem).__name__)
            raise IdentityProviderAway(hint=_HINT) from problem
        told = bounded_json.short(data)
        return answer.status_code, told if isinstance(told, dict) else {}


def openid_provider(settings: Settings) -> OpenIdProvider | None:
    """The identity provider that the settings name, if they do."""
    return OpenIdProvider(settings) if settings.openid_issuer and settings.openid_client_id else None


_HINT = "People who are signed in stay so. To sign in, type /signin in Slack or Discord, or try again later."


def _refused(why: str) -> Refused:
    return Refused(f"This sign-in is not accepted: {why}.", hint="Begin again from the sign-in page.")


def _same_safety(url: str, issuer: str) -> bool:
    """Whether an address may be used: HTTPS, unless the provider itself is reached without."""
    return urlsplit(url).scheme in ("https", urlsplit(issuer).scheme)


def _identity(issuer: str, known: Mapping[str, Any]) -> Identity:
    verified = known.get("email_verified") in (True, "true")
    email = known.get("email")
    team, user = known.get("https://slack.com/team_id"), known.get("https://slack.com/user_id")
    return Identity(
        issuer,
        str(known["sub"])[:255],
        name=_text(known.get("name") or known.get("preferred_username") or known.get("nickname")),
        email=email.strip().casefold()[:320] if verified and isinstance(email, str) and "@" in email else "",
        slack=f"{team}/{user}" if issuer == "https://slack.com" and isinstance(team, str) and isinstance(user, str) else "",
    )


def _text(value: object) -> str:
    return "".join(letter for letter in value if letter.isprintable())[:_TEXT] if isinstance(value, str) else ""
