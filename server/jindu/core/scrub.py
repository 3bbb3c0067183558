"""Blotting out what looks like a secret, before a text is logged or kept.

A secret is known by the name beside it (Authorization, api_key=, "password": …), by its shape (keys of well-known platforms,
signed tokens, our own keys), or by its place (user and query of an address). What nothing marks as one stays as it is.
"""

import re

HIDDEN = "***"

_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,30}PRIVATE KEY-----|\Z)", re.DOTALL)
_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]{1,15}://)([^\s/?#@\"'<>]*@)?([^\s?#\"'<>]*)([?#][^\s\"'<>]*)?", re.IGNORECASE)

_QUOTED = r"""b?"(?:[^"\\\n]|\\.)*"|b?'(?:[^'\\\n]|\\.)*'"""
_WORD = r"""[^\s,;&|"'(){}\[\]<>]+"""
# A comma as in a pair ("token", "…"); not the one between a value and the next name, as in {"type": "auth", "token": "…"}.
_PAIRED = rf""",(?=\s?b?["'])(?!\s?(?:{_QUOTED})\s?:)"""
_IS = rf"""["']?\s{{0,3}}(?:=>|:=|=|:|：|{_PAIRED}|\bis\b|是|为)\s{{0,3}}"""
_HEADER = re.compile(
    rf"\b((?:proxy-)?authorization|x-api-key|api-key|x-auth-token|(?:set-)?cookie)({_IS})({_QUOTED}|[^\n\"']+)", re.IGNORECASE
)
_SCHEME = re.compile(r"\b(bearer)\s+[\w.~+/=-]{6,}|\b(basic)\s+(?=[A-Za-z+/]*[\d=])[A-Za-z0-9+/=]{8,}", re.IGNORECASE)
_NAMED = re.compile(
    r"((?:api[_-]?key|secret|passw(?:or)?d|passphrase|pwd|credential|private[_-]?key|access[_-]?key|密码|密钥|口令)[\w-]{0,20}"
    r"|(?:token|ticket|auth|signature|session_?id)\b)"
    rf"({_IS})({_QUOTED}|{_WORD})",
    re.IGNORECASE,
)
_KEY = re.compile(rf"(\bkey)({_IS})((?:{_QUOTED}|{_WORD})(?<=[\w\"'.=-]{{16}}))", re.IGNORECASE)
_NO_SECRETS = frozenset({"none", "null", "true", "false", '""', "''", HIDDEN})
_SHAPES = re.compile(
    r"\bsk-[\w-]{6,}|\b[srp]k_(?:live|test)_\w{8,}|\bjk_[0-9a-f]{8,}_[\w-]+|\bgh[oprsu]_\w{16,}|\bgithub_pat_\w{16,}"
    r"|\bglpat-[\w-]{16,}|\bxox[a-z]-[\w-]{10,}|\bhf_\w{16,}|\b(?:AKIA|ASIA|LTAI|AKID|AKLT)\w{10,}|\bAIza[\w-]{20,}"
    r"|\beyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?|\b[0-9a-f]{32}\.\w{16}\b"
)
# Long, of letters and digits: a key or a digest. Ids of jobs may look the same, so this is for texts that are not ours.
_LONG = re.compile(r"(?<![\w/.-])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{40,}={0,2}")


def scrub(text: str, *, foreign: bool = False) -> str:
    """The text with each secret replaced by `HIDDEN`; `foreign` if none of our ids is in it: then long random words go too."""
    text = _PRIVATE_KEY.sub(HIDDEN, text)
    text = _ADDRESS.sub(_address, text)
    text = _HEADER.sub(_named, text)
    text = _SCHEME.sub(lambda found: f"{found[1] or found[2]} {HIDDEN}", text)
    text = _NAMED.sub(_named, text)
    text = _KEY.sub(_named, text)
    text = _SHAPES.sub(HIDDEN, text)
    return _LONG.sub(HIDDEN, text) if foreign else text


def _address(found: re.Match[str]) -> str:
    scheme, user, place, rest = found.groups()
    return scheme + (f"{HIDDEN}@" if user else "") + place + (f"?{HIDDEN}" if rest else "")


def _named(found: re.Match[str]) -> str:
    value = found[3]
    if value.lower() in _NO_SECRETS:
        return found[0]
    quote = value[-1] if value[-1] in "\"'" else ""
    return f"{found[1]}{found[2]}{quote}{HIDDEN}{quote}"
