"""Records of a queue that a consumer cannot read: it stays at them while the queue grows."""

from __future__ import annotations

from kubetriage.domain.finding import Likelihood
from kubetriage.domain.language import Text
from kubetriage.domain.rules import remedies
from kubetriage.domain.rules.alert_words import LOAD, speaks_of
from kubetriage.domain.rules.log_stated import Cause, Stated
from kubetriage.domain.rules.phrases import say
from kubetriage.domain.rules.wording import named
from kubetriage.domain.view import ClusterView


def bad_record(view: ClusterView, told: Stated) -> Cause:
    """A record that a consumer cannot decode: read again and again, it holds up all that come after it."""
    partition, offset = told.seen.values.get("name", ""), told.seen.values.get("key", "")
    says = say("it cannot decode the record at offset {o} of {p} and does not get past it",
               "它无法解析 {p} 中 offset {o} 处的消息，因而停在该处", o=offset, p=partition)  # fmt: skip
    work = view.workload(told.pod.ref)
    skip = remedies.change(
        say("Let {w} skip or set aside what it cannot decode", "让 {w} 跳过或另存无法解析的消息",
            w=named(work)),
        remedies.with_note(
            Text(en="An error handler with a dead-letter topic; for now the group's offset can be set past "
                    "the record while its consumers are stopped. Keep the record: who wrote it, and in which "
                    "schema, is the reason.",
                 zh="配置带死信主题的错误处理；应急时可先停止消费者，把消费组的 offset 设到该消息之后。"
                    "请保留该消息：是谁、以何种 schema 写入的才是原因。"),
            view.find(work)),
        *remedies.edit_template(work),
    )  # fmt: skip
    sure = told.sure and speaks_of(view, LOAD)
    return Cause("log.bad-record", "queue-lag", says, quotes=(partition, offset), remedies=(skip,),
                 likelihood=Likelihood.HIGH if sure else Likelihood.MEDIUM)  # fmt: skip
