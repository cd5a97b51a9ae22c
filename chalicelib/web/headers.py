"""Headers of every answer: what a page may load, and what it must not tell anybody."""

from __future__ import annotations

from dataclasses import dataclass

# Forms post with `Origin: null` under the policy "no-referrer", and browsers without Sec-Fetch-Site would then be
# locked out; "same-origin" tells other sites just as little.
REFERRER_POLICY = "same-origin"


@dataclass(frozen=True, slots=True)
class Headers:
    """`upload_origin` is where presigned forms go; scripts may talk to it and to ourselves, nobody else.

    `media_origin` is the media workers' door where it is not ours; else empty.
    `download_origin` is where checked papers are served from: forms may lead there, scripts not.
    """

    upload_origin: str
    download_origin: str
    secure: bool
    media_origin: str = ""

    def of(self, template: str) -> dict[str, str]:
        """Headers for a page (`template` given) or for data. Nothing that this app says may be kept by a cache."""
        headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": REFERRER_POLICY,
            "Content-Security-Policy": self._policy(),
            "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
            "Cross-Origin-Opener-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }
        if template:
            headers["Vary"] = "Accept, Accept-Language"
        if self.secure:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        return headers

    def _policy(self) -> str:
        return "; ".join(
            (
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "font-src 'self'",
                "img-src 'self' blob: data:",
                "media-src 'self' blob:",
                " ".join(filter(None, ("connect-src 'self'", self.upload_origin, self.media_origin))),
                "manifest-src 'self'",
                f"form-action 'self' {self.download_origin}",  # the result's form leads on to the document
                "frame-ancestors 'none'",
                "base-uri 'none'",
            )
        )
