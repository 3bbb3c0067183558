"""What looks like a secret is blotted out; what helps to find a fault stays."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jindu.core.scrub import HIDDEN, scrub

CANARY = "Zq8canary4711xW"


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {CANARY}",
        f"authorization: {CANARY} and {CANARY}",
        f"{{'Authorization': 'Bearer {CANARY}', 'accept': '*/*'}}",
        f"[(b'Authorization', b'Basic {CANARY}==')]",
        f"Cookie: a=1; session={CANARY}",
        f"x-api-key={CANARY}",
        f'{{"api_key": "{CANARY}"}}',
        f"OPENAI_API_KEY={CANARY}",
        f"apiKey: {CANARY}",
        f"password={CANARY}&user=ann",
        f"the password is {CANARY}",
        f"db_passwd='{CANARY} with blanks'",
        f"client_secret => {CANARY}",
        f"密码：{CANARY}",
        f"access_token={CANARY}",
        f'token {"=" * 1} "{CANARY}"',
        f"?ticket={CANARY}&x=1",
        f"key='{CANARY}{CANARY}'",
        f"https://api.example/v1/chat?sign={CANARY}&model=gpt",
        f"postgres://ann:{CANARY}@db.example/jobs",
        f"https://{CANARY}@host/",
        f"wss://host/#{CANARY}",
        f"got sk-{CANARY} back",
        f"sk-proj-{CANARY}_-abc",
        f"jk_0123456789abcdef_{CANARY}",
        f"ghp_{CANARY}0123456789",
        f"AKIA{CANARY.upper()}",
        f"LTAI{CANARY}",
        f"eyJhbGciOiJIUzI1NiJ9.eyJ{CANARY}.{CANARY}",
        f"0123456789abcdef0123456789abcdef.{CANARY}W",
        f"-----BEGIN RSA PRIVATE KEY-----\n{CANARY}\n-----END RSA PRIVATE KEY-----",
        f"-----BEGIN PRIVATE KEY-----\n{CANARY}",
    ],
)
def test_a_secret_is_blotted_out(text: str) -> None:
    clean = scrub(text)
    assert CANARY.lower() not in clean.lower()
    assert HIDDEN in clean
    assert scrub(clean) == clean


def test_long_random_words_go_where_no_id_of_ours_can_be() -> None:
    digest = "0a1b2c3d4e" * 5
    assert scrub(f"got {digest}", foreign=True) == f"got {HIDDEN}"
    assert scrub(f"job {digest}-1 failed") == f"job {digest}-1 failed"


@pytest.mark.parametrize(
    "text",
    [
        "job 01JOBAAAAAAAAAAAAAAAAAAAAA (diagnose) failed, AI_KEY_REJECTED, error id 01JOBAAAAAAAAAAAAAAAAAAAAA-1",
        '  File "/app/jobs/diagnose.py", line 12, in ask',
        "    answers = sorted(answers, key=len)",
        "max_tokens=4096, total_tokens: 17, tokens=3",
        "task-force-of-the-risk-management and basic understanding",
        "KeyError: 'brand'",
        "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 9)",
        "https://api.example:8443/v1/chat/completions",
        "token=None, password=''",
        "the monkey: banana, keyboard=on",
        "6f1f8a1e-2f9b-4d49-9d5c-6a2d1f1c2b3a",
    ],
)
def test_what_helps_stays(text: str) -> None:
    assert scrub(text, foreign=True) == text


@given(st.text(alphabet="abckey=:'\"\\ \n?#@/-_.0", max_size=400))
def test_any_text_is_taken_and_a_second_time_changes_nothing_of_it(text: str) -> None:
    clean = scrub(f"password={CANARY} {text}", foreign=True)
    assert CANARY not in clean


def test_long_texts_take_no_longer_than_their_length() -> None:
    for piece in ("a" * 50_000, "key='" * 10_000, "a-" * 25_000, "https://" * 6_000, "token" * 10_000, "eyJ" * 15_000):
        assert re.sub(r"\W", "", scrub(piece)) is not None
