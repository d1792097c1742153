"""The marks that model families put around tool calls, as regular expressions.

Written from what the tool parsers of vLLM and SGLang accept, and wider: bars ASCII or fullwidth, one or two;
joints as underscore, space or the `▁` of DeepSeek's tokenizer; namespaces and suffixes of any name.
"""

from __future__ import annotations

import re

BARS = r"[|｜‖]{1,2}"
JOINT = r"[▁_ -]?"

_CALL_WORD = rf"(?:tools?|functions?){JOINT}(?:calls?|use)"
_NAMESPACE = r"(?:[A-Za-z]\w{0,31}[:|｜‖]{1,2})?(?:(?!end_)[a-z]\w{0,31}_)?"
_BEGIN = rf"(?:{JOINT}section)?(?:{JOINT}(?:begin|start))?(?::\w{{1,32}})?"

OPENINGS = [
    # <tool_call> <function-call> <tool_calls:opensource> <seed:tool_call> <longcat_tool_call> <TOOLCALL> …
    rf"<(?=\w)(?i:{_NAMESPACE}{_CALL_WORD}{_BEGIN})>",
    # <|tool_call|> <|tool_call> <｜tool▁calls▁begin｜> <|tool_calls_section_begin|> <｜DSML｜tool_calls> …
    rf"<{BARS}(?=\w)(?i:{_NAMESPACE}{_CALL_WORD}{_BEGIN})(?:{BARS})?>",
    rf"<\s?{BARS}\s?DSML\s?{BARS}\s?(?i:{_CALL_WORD})\s?>",
    r"<(?:start_function_call|tools|tool_code)>",
    r"<\|(?:python_(?:tag|start)|action_start\|>\s{0,8}<\|plugin|START_ACTION|tools_prefix|content_invoke_tool_json)\|>",
    r"\[(?:TOOL_CALLS?|TOOL_REQUEST|unused11)\]",
    r"functools(?=\s{0,8}\[)",
    r"function call<\|role_sep\|>",
    r"✿FUNCTION✿\s{0,8}[:：]",
    r"->\s{0,8}tool/function_call\b",
]
"""What announces a call, whatever its payload looks like."""

OPENING = re.compile(r"(?=<[\w|｜‖\s]|[\[f✿-])(?:" + "|".join(OPENINGS) + ")")

ELEMENT = re.compile(
    rf"<(?=[\w|｜‖\s])(?:\s?{BARS}\s?\w{{1,16}}\s?{BARS}\s?|[A-Za-z]\w{{0,31}}[:|])?(?i:function|invoke|tool_call|tool|call)"
    r"(?:\s{0,4}=\s{0,4}|\s{1,8}(?:name|tool)\s{0,4}=\s{0,4})"
    r"(?:\"(?P<double>[^\"<>\n]{1,128})\"|'(?P<single>[^'<>\n]{1,128})'|(?P<plain>[^\s\"'<>/{}()\[\],=]{1,128}))"
    r"(?:(?P<attributes>\s[^<>\n{]{0,200}?)?\s{0,4}(?P<empty>/)?>|"
    r"[\s,(\[=]{0,4}(?=\{)|(?=[ \t]{0,4}\n\s{0,8}<))"
)
"""The opening tag of a call in XML: `<function=f>`, `<invoke name="f">`, `<｜DSML｜invoke name="f">`, …"""

_THOUGHT = r"(?i:[a-z:|]{0,12}(?:think|thought|reasoning|scratchpad|reflection|inner_))"
SPECIAL_END = re.compile(
    rf"(?=[<\[])(?:</(?!{_THOUGHT})[^<>\n]{{1,64}}>|"
    rf"<{BARS}(?!{_THOUGHT})/?[\w▁ ]{{0,40}}(?i:end|suffix)(?:{BARS})?>|<{BARS}(?:call|return|plugin)\|>|"
    rf"<tool_call\||<end_function_call>|<{BARS}(?:eot_id|eom_id|im_end|endoftext|end▁of▁sentence|end_of_turn)"
    rf"{BARS}>|<end_of_turn>|<eos>|\[(?:/|END_)TOOL_(?:CALLS?|REQUEST)\]|\[unused12\]|\[e~\[|"
    rf"<{BARS}FunctionCallEnd{BARS}>|<{BARS}END_ACTION{BARS}>)"
)
"""What closes a call, a block of calls or the turn; not what closes reasoning."""

TURN_END = re.compile(
    r"(?:</s>|<eos>|<end_of_turn>|\[e~\[|<[|｜](?:im_end|eot_id|eom_id|endoftext|end_of_text|end▁of▁sentence|"
    r"end_of_turn|end_message|return|end)[|｜]>|\s)++\Z"
)
"""Tokens that end a turn, at the end of a text."""
TURN_START = re.compile(
    r"\s*(?:<\|im_start\|>assistant\b|<\|start_header_id\|>assistant<\|end_header_id\|>|<[|｜](?i:assistant)[|｜]>|"
    r"<start_of_turn>model\b|<bos>|<s>|<\|begin_of_text\|>|<\|role_sep\|>|assistant\n)\s*"
)

STOP = (
    rf"<(?:{BARS})?(?:\w{{1,31}}[:|｜]{{1,2}})?(?i:tool|function)[▁_ -]?(?i:responses?|results?|outputs?)"
    rf"(?:[▁_ ](?:begin|start))?(?:{BARS})?>|<start_function_response>|\[TOOL_RESULTS\]|"
    r"<\|START_TOOL_RESULT\|>|✿RESULT✿|<\|im_start\|>(?:user|tool|system)\b|"
    r"<\|start_header_id\|>(?:user|ipython|tool|system)<|<\|(?:observation|user|im_user|im_system)\|>|<｜User｜>|"
    r"<\|start\|>(?:functions\.|user|developer)|<start_of_turn>user|"
    r"(?m:^[ \t]{0,8}(?:Observation|观察)\s{0,4}[:：])"
)
"""Where a model begins to play the tool or the user; nothing behind it is its own."""

NAME = re.compile(r"[A-Za-z_][\w.\-/]{0,127}")
GAP = re.compile(r"(?:\s|\\n|\\r|\\t)*+")
"""White space, also as the escapes that some servers leave in the text."""
SEPARATOR = re.compile(
    rf"\s*(?:<(?:{BARS})?tool{JOINT}sep(?::\w{{1,32}})?(?:{BARS})?>|<\|tool_call_argument_begin\|>|"
    r"(?:\[CALL_ID\]\s*[\w-]{0,64}\s*)?\[ARGS\]|✿ARGS✿\s*[:：])\s*"
)
"""What stands between the name of a tool and its arguments."""
FENCE = re.compile(r"\s*(?:`{3,}|~~~)[ \t]*([\w+-]{0,24})[ \t]*\n?")
FENCE_END = re.compile(r"\s*(?:`{3,}|~~~)")
