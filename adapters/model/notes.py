"""What happened on the way to an answer, a sentence each, in both languages."""

from __future__ import annotations

from kubetriage.adapters.model.profile import ModelProfile
from kubetriage.domain.language import Text


def retried(failure: str, seconds: float) -> Text:
    return Text(
        en=f"{ended(failure)} It was asked again after {seconds:.1f} s.",
        zh=f"{ended(failure)} {seconds:.1f} 秒后已重试。",
    )


def waited(profile: ModelProfile, seconds: float) -> Text:
    return Text(
        en=f"The rate limit of {profile.name} was waited for ({seconds:.1f} s).",
        zh=f"因 {profile.name} 的速率限制等待了 {seconds:.1f} 秒。",
    )


def failed(profile: ModelProfile, sentence: str) -> Text:
    return Text(en=f"{profile.name}: {ended(sentence)}", zh=f"{profile.name}：{ended(sentence)}")


def fell_back(profile: ModelProfile) -> Text:
    return Text(en=f"The fallback {profile.name} was asked.", zh=f"已改用备用模型 {profile.name}。")


def recovered(profile: ModelProfile, count: int) -> Text:
    return Text(
        en=f"{profile.name} wrote {count} tool call(s) into its text; they were read from there.",
        zh=f"{profile.name} 将 {count} 个工具调用写进了正文，已从正文中识别。",
    )


def not_streamed(profile: ModelProfile) -> Text:
    return Text(
        en=f"{profile.name} does not stream; it was asked without.",
        zh=f"{profile.name} 不支持流式输出，已改用非流式方式。",
    )


def without_format(profile: ModelProfile, method: str) -> Text:
    return Text(
        en=f"{profile.name} failed twice with {method}; it was asked without.",
        zh=f"{profile.name} 使用 {method} 时连续失败两次，已改用不带该项的方式提问。",
    )


def not_recorded(reason: str) -> Text:
    return Text(en=f"What was spent could not be written down: {reason}.", zh=f"用量未能记录：{reason}。")


def from_cache(profile: ModelProfile) -> Text:
    return Text(
        en=f"The same question was answered by {profile.name} a short time ago; that answer was taken.",
        zh=f"{profile.name} 不久前已回答过同一问题，直接采用该答案。",
    )


def ended(sentence: str) -> str:
    """A provider's own words may end in anything."""
    return sentence if sentence.endswith((".", "!", "?", "…", "。")) else f"{sentence}."
