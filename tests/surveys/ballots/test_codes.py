"""A code is typed by people: it forgives how, and never what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.ballots import code_symbols

SYMBOL = st.sampled_from(code_symbols.ALPHABET)


def test_a_code_is_twelve_symbols_in_groups_of_four_without_look_alikes() -> None:
    code = code_symbols.make()
    assert [len(group) for group in code.split("-")] == [4, 4, 4]
    assert not set(code) & set("01ILO")
    assert code_symbols.normalise(code) == code.replace("-", "")


def test_case_spaces_and_full_width_are_forgiven() -> None:
    code = code_symbols.make()
    wide = "".join(chr(ord(each) + 0xFEE0) for each in code.lower())
    assert code_symbols.normalise(f"  {wide}　") == code_symbols.normalise(code.replace("-", " "))


CHATS = (
    "https://surveys.example.org/v#{}",
    "https://surveys.example.org/v#{}?from=timeline&isappinstalled=0",
    "https://surveys.example.org/v%23{}",
    "https://abcd.ef/v#{}",
    "{}?from=timeline",
    "{}&wechat_redirect",
    "{}#wechat_redirect",
    "{}#from=timeline",
    "{}。",
    "{}%20",
    "{}/",
    "{}？ａ＝１",
    "测评码：{}，请收好",
    "“{}”",
    "\u200b{}\u3000",
)


@pytest.mark.parametrize("chat", CHATS)
def test_a_code_is_found_in_the_link_and_the_words_around_it(chat: str) -> None:
    code = code_symbols.make()
    assert code_symbols.normalise(chat.format(code)) == code_symbols.normalise(code)
    wide = "".join(chr(ord(each) + 0xFEE0) for each in code)
    assert code_symbols.normalise(chat.format(wide)) == code_symbols.normalise(code)


@pytest.mark.parametrize("chat", CHATS)
def test_a_wrong_code_in_a_link_is_still_wrong(chat: str) -> None:
    with pytest.raises(code_symbols.BadCode):
        code_symbols.normalise(chat.format("2222-2222-2223"))


@given(place=st.integers(0, 11), other=SYMBOL)
def test_one_wrong_symbol_is_always_noticed(place: int, other: str) -> None:
    right = code_symbols.normalise(code_symbols.make())
    wrong = right[:place] + other + right[place + 1 :]
    if wrong != right:
        with pytest.raises(code_symbols.BadCode, match="有一处输错"):
            code_symbols.normalise(wrong)


@given(place=st.integers(0, 9))
def test_two_swapped_neighbours_are_noticed(place: int) -> None:
    right = code_symbols.normalise(code_symbols.make())
    wrong = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    if wrong != right:
        with pytest.raises(code_symbols.BadCode):
            code_symbols.normalise(wrong)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "请输入测评码"),
        ("ABC", "您输入了 3 个"),
        ("O" * 12, "没有“O”这个字符"),
        ("A" * 1_000_000, "您输入了 200 个"),
    ],
)
def test_what_is_no_code_gets_its_own_sentence(typed: str, says: str) -> None:
    with pytest.raises(code_symbols.BadCode, match=says):
        code_symbols.normalise(typed)


def test_the_database_digest_needs_the_key() -> None:
    assert code_symbols.digest("A" * 12, b"1") != code_symbols.digest("A" * 12, b"2")
