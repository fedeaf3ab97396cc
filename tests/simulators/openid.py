"""An identity provider on loopback that is strict about what it is asked, and answers as wrongly as a test wants."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey

CLIENT, SECRET = "slate", "a secret: of the client"


class Provider:
    """The provider. `person` signs in at once; `forge` changes the claims of the ID token that is about to be given out."""

    def __init__(self) -> None:
        self.key = _key("first")
        self.published = [self.key]
        self.person: dict[str, Any] = {"sub": "p-1", "name": "Ana Lima", "email": "Ana@Acme.example", "email_verified": True}
        self.forge: dict[str, Any] = {}
        self.raw = ""
        """An ID token to be given out as it is."""
        self.userinfo: dict[str, Any] = {}
        self.error = ""
        self.junk: bytes | None = None
        """What every address answers instead."""
        self.complaints: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def rotate(self) -> None:
        """Sign with a new key, and publish that alone."""
        self.key = _key("second")
        self.published = [self.key]

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes next."""
        expected = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        self._check({name: asked.get(name, "") for name in expected} == expected, "authorize")
        self._check({"openid"} <= set(asked.get("scope", "").split()), "scope")
        self._check(all(len(asked.get(one, "")) >= 20 for one in ("state", "nonce", "code_challenge")), "state, nonce, challenge")
        code = secrets.token_urlsafe(8)
        self._codes[code] = asked
        answer = {"error": self.error} if self.error else {"code": code, "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode({**answer, 'state': asked.get('state', '')})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        pair = base64.b64decode(authorization.removeprefix("Basic ") or b"").decode()
        if [unquote(one) for one in pair.split(":")] != [CLIENT, SECRET]:
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form.get("code", ""), None)
        proof = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        if asked is None or asked["code_challenge"] != proof or asked["redirect_uri"] != form.get("redirect_uri"):
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self.raw or self._id_token(asked["nonce"])}

    def _id_token(self, nonce: str) -> str:
        at = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "exp": at + 300, "iat": at, "nonce": nonce, **self.person, **self.forge}
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": "ES256", "kid": self.key.kid or ""}, claims, self.key)

    def _check(self, right: bool, what: str) -> None:
        if not right:
            self.complaints.append(what)

    def answer(self, method: str, path: str, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if path == "/.well-known/openid-configuration":
            return 200, self.metadata()
        if path == "/jwks":
            return 200, {"keys": [one.as_dict(private=False) for one in self.published]}
        if path == "/userinfo":
            return (200, self.userinfo) if authorization == "Bearer access" else (401, {})
        return self.token(form, authorization) if (method, path) == ("POST", "/token") else (404, {})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class ProviderHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._do(b"")

            def do_POST(self) -> None:
                self._do(self.rfile.read(int(self.headers.get("content-length", "0"))))

            def _do(self, body: bytes) -> None:
                parts = urlsplit(self.path)
                form = {name: values[0] for name, values in parse_qs(body.decode() or parts.query).items()}
                if parts.path == "/authorize":
                    self.send_response(303)
                    self.send_header("Location", provider.authorize(form))
                    self.end_headers()
                    return
                status, told = provider.answer(self.command, parts.path, form, self.headers.get("authorization", ""))
                data = json.dumps(told).encode() if provider.junk is None else provider.junk
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: object) -> None:
                """Tests need no log of it."""

        return ProviderHandler


def _key(name: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})
