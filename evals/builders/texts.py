"""The one table of event and status texts: which component writes each, since which version, old and new wording.

`Wording.since` is the first version of the *component* (Kubernetes' own version for its parts, the runtime's for
containerd, Docker and runc, the sidecar's for external-provisioner) that is known to write it so; where the exact
release is not known it is the earliest in which the wording was seen. `say` takes the newest wording that the
given version has. A text of an event has the event's type; a text of a status (a condition, a waiting or
terminated state, an admission answer that a controller wraps) has none.
"""

from __future__ import annotations

from typing import NamedTuple

NORMAL, WARNING, STATUS = "Normal", "Warning", ""


class Wording(NamedTuple):
    """One wording of a text: since which version of its component, and its template (`str.format` fields)."""

    since: str
    template: str


class TextEntry(NamedTuple):
    """A text by what it says: the component that writes it, the reason and type it comes with, its wordings."""

    component: str
    reason: str
    type: str
    wordings: tuple[Wording, ...]
    """Oldest first."""


def _text(component: str, reason: str, kind: str, *wordings: str | tuple[str, str]) -> TextEntry:
    """An entry; a wording without a version is as old as anything we read."""
    made = (Wording("1.0", one) if isinstance(one, str) else Wording(*one) for one in wordings)
    return TextEntry(component, reason, kind, tuple(made))


_UNPACK = 'failed to pull and unpack image "{full}": failed to resolve reference "{full}": '
_TRANSFER = 'failed to pull and unpack image "{full}": failed to resolve image: '
_START = "failed to create containerd task: failed to create shim task: OCI runtime create failed: "
_DOCKER_START = (
    'failed to start container "{container}": Error response from daemon: failed to create task for container: '
    "failed to create shim task: OCI runtime create failed: "
)

TEXTS: dict[str, TextEntry] = {
    # Karpenter
    "karpenter-nominated": _text(
        "karpenter", "Nominated", NORMAL, "Pod should schedule on: nodeclaim/{claim}"
    ),
    "karpenter-no-capacity": _text(
        "karpenter", "InsufficientCapacityError", WARNING, "NodeClaim {claim} event: {why}"
    ),
    # kubelet, images (pkg/kubelet/images)
    "pulling": _text("kubelet", "Pulling", NORMAL, 'Pulling image "{image}"'),
    "pulled": _text(
        "kubelet",
        "Pulled",
        NORMAL,
        'Successfully pulled image "{image}" in {took}',
        ("1.27", 'Successfully pulled image "{image}" in {took} ({took} including waiting)'),
        (
            "1.30",
            'Successfully pulled image "{image}" in {took} ({took} including waiting). Image size: {size} bytes.',
        ),
    ),
    "already-present": _text(
        "kubelet", "Pulled", NORMAL, 'Container image "{image}" already present on machine'
    ),
    "pull-failed": _text("kubelet", "Failed", WARNING, 'Failed to pull image "{image}": {why}'),
    "err-image-pull": _text("kubelet", "Failed", WARNING, "Error: ErrImagePull"),
    "image-pull-back-off": _text("kubelet", "Failed", WARNING, "Error: ImagePullBackOff"),
    "back-off-pulling": _text("kubelet", "BackOff", NORMAL, 'Back-off pulling image "{image}"'),
    "waiting-image-pull-back-off": _text(
        "kubelet",
        "ImagePullBackOff",
        STATUS,
        'Back-off pulling image "{image}"',
        ("1.32", 'Back-off pulling image "{image}": ErrImagePull: {why}'),
    ),
    "waiting-err-image-pull": _text("kubelet", "ErrImagePull", STATUS, "{why}"),
    "invalid-image-name": _text(
        "kubelet",
        "InspectFailed",
        WARNING,
        'Failed to apply default image tag "{image}": couldn\'t parse image reference "{image}": '
        "invalid reference format: repository name must be lowercase",
        (
            "1.29",
            'Failed to apply default image tag "{image}": couldn\'t parse image name "{image}": '
            "invalid reference format: repository name ({path}) must be lowercase",
        ),
    ),
    "error-invalid-image-name": _text("kubelet", "Failed", WARNING, "Error: InvalidImageName"),
    "image-never-pull": _text(
        "kubelet",
        "ErrImageNeverPull",
        WARNING,
        'Container image "{image}" is not present with pull policy of Never',
    ),
    "pull-secret-missing": _text(
        "kubelet",
        "FailedToRetrieveImagePullSecret",
        WARNING,
        "Unable to retrieve some image pull secrets ({secret}); attempting to pull the image may not succeed.",
    ),
    # container runtimes, why a pull failed. The kubelet drops the code `Unknown` from the error (internal/cri
    # remote_image); older ones kept it. {full} is the reference with registry and tag.
    "containerd.pull-not-found": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        f"rpc error: code = NotFound desc = {_UNPACK}{{full}}: not found",
        ("2.1", f"rpc error: code = NotFound desc = {_TRANSFER}{{full}}: not found"),
    ),
    "containerd.pull-denied": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        f"rpc error: code = Unknown desc = {_UNPACK}pull access denied, repository does not exist or may "
        "require authorization: server message: insufficient_scope: authorization failed",
        (
            "1.7",
            f"{_UNPACK}pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed",
        ),
        (
            "2.1",
            f"{_TRANSFER}pull access denied, repository does not exist or may require authorization: "
            "server message: insufficient_scope: authorization failed",
        ),
    ),
    "containerd.pull-unauthorized": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        f"rpc error: code = Unknown desc = {_UNPACK}unexpected status code [manifests {{tag}}]: 401 Unauthorized",
        (
            "1.7",
            f"{_UNPACK}unexpected status from HEAD request to https://{{registry}}/v2/{{path}}/manifests/{{tag}}: "
            "401 Unauthorized",
        ),
        (
            "2.1",
            f"{_TRANSFER}unexpected status from HEAD request to "
            "https://{registry}/v2/{path}/manifests/{tag}: 401 Unauthorized",
        ),
    ),
    "containerd.pull-unreachable": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        f"rpc error: code = Unknown desc = {_UNPACK}failed to do request: "
        'Head "https://{registry}/v2/{path}/manifests/{tag}": {network}',
        (
            "1.7",
            f'{_UNPACK}failed to do request: Head "https://{{registry}}/v2/{{path}}/manifests/{{tag}}": {{network}}',
        ),
        (
            "2.1",
            f'{_TRANSFER}failed to do request: Head "https://{{registry}}/v2/{{path}}/manifests/{{tag}}": {{network}}',
        ),
    ),
    "containerd.pull-rate-limited": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        'rpc error: code = Unknown desc = failed to pull and unpack image "{full}": failed to copy: httpReadSeeker: '
        "failed open: unexpected status code https://{registry}/v2/{path}/manifests/{digest}: 429 Too Many Requests - "
        "Server message: toomanyrequests: You have reached your pull rate limit.",
        (
            "1.7",
            'failed to pull and unpack image "{full}": failed to copy: httpReadSeeker: failed open: unexpected status '
            "from GET request to https://{registry}/v2/{path}/manifests/{digest}: 429 Too Many Requests\n"
            "toomanyrequests: You have reached your unauthenticated pull rate limit.",
        ),
    ),
    "docker.pull-not-found": _text(
        "docker",
        "ErrImagePull",
        STATUS,
        "rpc error: code = Unknown desc = Error response from daemon: manifest for {name} not found: "
        "manifest unknown: manifest unknown",
    ),
    "docker.pull-denied": _text(
        "docker",
        "ErrImagePull",
        STATUS,
        "rpc error: code = Unknown desc = Error response from daemon: pull access denied for {repository}, "
        "repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    ),
    "docker.pull-unauthorized": _text(
        "docker",
        "ErrImagePull",
        STATUS,
        "rpc error: code = Unknown desc = Error response from daemon: Head "
        '"https://{registry}/v2/{path}/manifests/{tag}": unauthorized: authentication required',
    ),
    "docker.pull-unreachable": _text(
        "docker",
        "ErrImagePull",
        STATUS,
        'rpc error: code = Unknown desc = Error response from daemon: Get "https://{registry}/v2/": {network}',
    ),
    "cri-o.pull-not-found": _text(
        "cri-o",
        "ErrImagePull",
        STATUS,
        "rpc error: code = Unknown desc = reading manifest {tag} in {registry}/{path}: manifest unknown",
        ("1.28", "reading manifest {tag} in {registry}/{path}: manifest unknown"),
    ),
    "cri-o.pull-denied": _text(
        "cri-o",
        "ErrImagePull",
        STATUS,
        "rpc error: code = Unknown desc = reading manifest {tag} in {registry}/{path}: errors:\n"
        "denied: requested access to the resource is denied\nunauthorized: authentication required",
        ("1.28", "reading manifest {tag} in {registry}/{path}: requested access to the resource is denied"),
    ),
    "cri-o.pull-unreachable": _text(
        "cri-o",
        "ErrImagePull",
        STATUS,
        'rpc error: code = Unknown desc = pinging container registry {registry}: Get "https://{registry}/v2/": {network}',
        ("1.28", 'pinging container registry {registry}: Get "https://{registry}/v2/": {network}'),
    ),
    "network.no-such-host": _text("go", "", STATUS, "dial tcp: lookup {host} on {resolver}:53: no such host"),
    "network.timeout": _text("go", "", STATUS, "dial tcp {address}: i/o timeout"),
    "network.refused": _text("go", "", STATUS, "dial tcp {address}: connect: connection refused"),
    # kubelet, containers (pkg/kubelet/kuberuntime, pkg/kubelet/kubelet_pods.go)
    "created": _text(
        "kubelet",
        "Created",
        NORMAL,
        "Created container {container}",
        ("1.32", "Created container: {container}"),
    ),
    "started": _text("kubelet", "Started", NORMAL, "Started container {container}"),
    "killing": _text("kubelet", "Killing", NORMAL, "Stopping container {container}"),
    "kill-pod-failed": _text(
        "kubelet",
        "FailedKillPod",
        WARNING,
        'error killing pod: failed to "KillPodSandbox" for "{uid}" with KillPodSandboxError: "rpc error: code = '
        'Unknown desc = failed to destroy network for sandbox \\"{sandbox}\\": plugin type=\\"{plugin}\\" failed '
        '(delete): {why}"',
    ),
    "back-off-restarting": _text(
        "kubelet",
        "BackOff",
        WARNING,
        "Back-off restarting failed container",
        ("1.27", "Back-off restarting failed container {container} in pod {pod}_{namespace}({uid})"),
    ),
    "waiting-crash-loop": _text(
        "kubelet",
        "CrashLoopBackOff",
        STATUS,
        "back-off {delay} restarting failed container={container} pod={pod}",
    ),
    "start-failed": _text("kubelet", "Failed", WARNING, "Error: {why}"),
    "configmap-not-found": _text(
        "kubelet", "CreateContainerConfigError", STATUS, 'configmap "{name}" not found'
    ),
    "secret-not-found": _text("kubelet", "CreateContainerConfigError", STATUS, 'secret "{name}" not found'),
    "configmap-key-not-found": _text(
        "kubelet",
        "CreateContainerConfigError",
        STATUS,
        "couldn't find key {key} in ConfigMap {namespace}/{name}",
    ),
    "secret-key-not-found": _text(
        "kubelet",
        "CreateContainerConfigError",
        STATUS,
        "couldn't find key {key} in Secret {namespace}/{name}",
    ),
    "runs-as-root": _text(
        "kubelet",
        "CreateContainerConfigError",
        STATUS,
        'container has runAsNonRoot and image will run as root (pod: "{pod}_{namespace}({uid})", container: {container})',
    ),
    # container runtimes and runc, why a container could not start (terminated: StartError, exit code 128)
    "containerd.executable-not-found": _text(
        "containerd",
        "StartError",
        STATUS,
        "failed to create containerd task: OCI runtime create failed: container_linux.go:380: starting container "
        'process caused: exec: "{command}": executable file not found in $PATH: unknown',
        (
            "1.6",
            f'{_START}runc create failed: unable to start container process: exec: "{{command}}": '
            "executable file not found in $PATH: unknown",
        ),
        (
            "1.7.24",
            f"{_START}runc create failed: unable to start container process: error during container init: "
            'exec: "{command}": executable file not found in $PATH: unknown',
        ),
    ),
    "containerd.no-such-file": _text(
        "containerd",
        "StartError",
        STATUS,
        f'{_START}runc create failed: unable to start container process: exec: "{{command}}": '
        "stat {command}: no such file or directory: unknown",
        (
            "1.7.24",
            f"{_START}runc create failed: unable to start container process: error during container init: "
            'exec: "{command}": stat {command}: no such file or directory: unknown',
        ),
    ),
    "containerd.permission-denied": _text(
        "containerd",
        "StartError",
        STATUS,
        f'{_START}runc create failed: unable to start container process: exec: "{{command}}": permission denied: unknown',
        (
            "1.7.24",
            f"{_START}runc create failed: unable to start container process: error during container init: "
            'exec: "{command}": permission denied: unknown',
        ),
    ),
    "docker.executable-not-found": _text(
        "docker",
        "ContainerCannotRun",
        STATUS,
        f'{_DOCKER_START}runc create failed: unable to start container process: exec: "{{command}}": '
        "executable file not found in $PATH: unknown",
    ),
    # kubelet, volumes (pkg/volume/util/operationexecutor, pkg/kubelet/volumemanager)
    "mount-configmap-not-found": _text(
        "kubelet",
        "FailedMount",
        WARNING,
        'MountVolume.SetUp failed for volume "{volume}" : configmap "{name}" not found',
    ),
    "mount-secret-not-found": _text(
        "kubelet",
        "FailedMount",
        WARNING,
        'MountVolume.SetUp failed for volume "{volume}" : secret "{name}" not found',
    ),
    "mount-key-not-found": _text(
        "kubelet",
        "FailedMount",
        WARNING,
        'MountVolume.SetUp failed for volume "{volume}" : references non-existent config key: {key}',
    ),
    "mount-timed-out": _text(
        "kubelet",
        "FailedMount",
        WARNING,
        "Unable to attach or mount volumes: unmounted volumes=[{volumes}], unattached volumes=[{all_volumes}]: "
        "timed out waiting for the condition",
        (
            "1.27",
            "Unable to attach or mount volumes: unmounted volumes=[{volumes}], unattached volumes=[], "
            "failed to process volumes=[]: timed out waiting for the condition",
        ),
        (
            "1.28",
            "Unable to attach or mount volumes: unmounted volumes=[{volumes}], unattached volumes=[], "
            "failed to process volumes=[]: context deadline exceeded",
        ),
    ),
    "attached": _text(
        "attachdetach-controller",
        "SuccessfulAttachVolume",
        NORMAL,
        'AttachVolume.Attach succeeded for volume "{volume}" ',
    ),
    "attach-failed": _text(
        "attachdetach-controller",
        "FailedAttachVolume",
        WARNING,
        'AttachVolume.Attach failed for volume "{volume}" : rpc error: code = {code} desc = {why}',
    ),
    "attach-limit": _text(
        "csi.example.com",
        "ResourceExhausted",
        STATUS,
        "attachment of disk to {node} failed: maximum number of volumes ({count}) are already attached to the "
        "instance",
    ),
    "multi-attach": _text(
        "attachdetach-controller",
        "FailedAttachVolume",
        WARNING,
        'Multi-Attach error for volume "{volume}" Volume is already exclusively attached to one node and '
        "can't be attached to another",
    ),
    # kubelet, probes (pkg/kubelet/prober, pkg/probe). {probe}: Liveness, Readiness or Startup
    "probe-status": _text(
        "kubelet", "Unhealthy", WARNING, "{probe} probe failed: HTTP probe failed with statuscode: {code}"
    ),
    "probe-refused": _text(
        "kubelet",
        "Unhealthy",
        WARNING,
        "{probe} probe failed: Get http://{address}{path}: dial tcp {address}: connect: connection refused",
        (
            "1.19",
            '{probe} probe failed: Get "http://{address}{path}": dial tcp {address}: connect: connection refused',
        ),
    ),
    "probe-timeout": _text(
        "kubelet",
        "Unhealthy",
        WARNING,
        "{probe} probe failed: Get http://{address}{path}: net/http: request canceled "
        "(Client.Timeout exceeded while awaiting headers)",
        (
            "1.19",
            '{probe} probe failed: Get "http://{address}{path}": context deadline exceeded '
            "(Client.Timeout exceeded while awaiting headers)",
        ),
    ),
    "probe-tcp-refused": _text(
        "kubelet",
        "Unhealthy",
        WARNING,
        "{probe} probe failed: dial tcp {address}: connect: connection refused",
    ),
    "probe-exec": _text("kubelet", "Unhealthy", WARNING, "{probe} probe failed: {output}"),
    "probe-killing": _text(
        "kubelet", "Killing", NORMAL, "Container {container} failed {probe} probe, will be restarted"
    ),
    # kubelet, sandbox and network
    "sandbox-failed": _text(
        "kubelet",
        "FailedCreatePodSandBox",
        WARNING,
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "
        '"{sandbox}": {why}',
    ),
    "network-not-ready": _text(
        "kubelet",
        "NetworkNotReady",
        WARNING,
        "network is not ready: container runtime network not ready: NetworkReady=false "
        "reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized",
    ),
    # kubelet, eviction (pkg/kubelet/eviction); the messages end with a space
    "evicted": _text(
        "kubelet",
        "Evicted",
        WARNING,
        "The node was low on resource: {resource}. Container {name} was using {usage}, which exceeds its "
        "request of {request}. ",
        (
            "1.27",
            "The node was low on resource: {resource}. Threshold quantity: {threshold}, available: {available}. "
            "Container {name} was using {usage}, request is {request}, has larger consumption of {resource}. ",
        ),
    ),
    "evicted-over-limit": _text(
        "kubelet",
        "Evicted",
        WARNING,
        "Pod ephemeral local storage usage exceeds the total limit of containers {limit}. ",
    ),
    "eviction-threshold": _text(
        "kubelet", "EvictionThresholdMet", WARNING, "Attempting to reclaim {resource}"
    ),
    "free-disk-failed": _text(
        "kubelet",
        "FreeDiskSpaceFailed",
        WARNING,
        "failed to garbage collect required amount of images. Wanted to free {wanted} bytes, but freed 0 bytes",
        (
            "1.27",
            "Failed to garbage collect required amount of images. Attempted to free {wanted} bytes, but only found "
            "0 bytes eligible to free.",
        ),
    ),
    "terminated-by-kubelet": _text(
        "kubelet",
        "TerminationByKubelet",
        STATUS,
        "The node was low on resource: {resource}. Threshold quantity: {threshold}, available: {available}. ",
    ),
    # kubelet, node conditions (pkg/kubelet/nodestatus)
    "node-ready": _text(
        "kubelet",
        "KubeletReady",
        STATUS,
        "kubelet is posting ready status. AppArmor enabled",
        ("1.31", "kubelet is posting ready status"),
    ),
    "node-cni-not-ready": _text(
        "kubelet",
        "KubeletNotReady",
        STATUS,
        "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady "
        "message:Network plugin returns error: cni plugin not initialized",
    ),
    "node-memory-ok": _text(
        "kubelet", "KubeletHasSufficientMemory", STATUS, "kubelet has sufficient memory available"
    ),
    "node-memory-pressure": _text(
        "kubelet", "KubeletHasInsufficientMemory", STATUS, "kubelet has insufficient memory available"
    ),
    "node-disk-ok": _text("kubelet", "KubeletHasNoDiskPressure", STATUS, "kubelet has no disk pressure"),
    "node-disk-pressure": _text("kubelet", "KubeletHasDiskPressure", STATUS, "kubelet has disk pressure"),
    "node-pid-ok": _text(
        "kubelet", "KubeletHasSufficientPID", STATUS, "kubelet has sufficient PID available"
    ),
    "node-pid-pressure": _text(
        "kubelet", "KubeletHasInsufficientPID", STATUS, "kubelet has insufficient PID available"
    ),
    "node-has-disk-pressure": _text(
        "kubelet", "NodeHasDiskPressure", NORMAL, "Node {node} status is now: NodeHasDiskPressure"
    ),
    # node lifecycle and taint eviction (pkg/controller/nodelifecycle, pkg/controller/tainteviction)
    "node-unknown": _text(
        "node-controller", "NodeStatusUnknown", STATUS, "Kubelet stopped posting node status."
    ),
    "node-not-ready": _text(
        "node-controller", "NodeNotReady", NORMAL, "Node {node} status is now: NodeNotReady"
    ),
    "pod-node-not-ready": _text("node-controller", "NodeNotReady", WARNING, "Node is not ready"),
    "taint-eviction": _text(
        "taint-controller",
        "TaintManagerEviction",
        NORMAL,
        "Marking for deletion Pod {namespace}/{pod}",
    ),
    "deletion-by-taint-manager": _text(
        "taint-controller", "DeletionByTaintManager", STATUS, "Taint manager: deleting due to NoExecute taint"
    ),
    # scheduler (pkg/scheduler); the whole message is put together by failed_scheduling
    "scheduled": _text(
        "default-scheduler", "Scheduled", NORMAL, "Successfully assigned {namespace}/{pod} to {node}"
    ),
    "failed-scheduling": _text("default-scheduler", "FailedScheduling", WARNING, "{why}"),
    "no-fit-insufficient": _text("default-scheduler", "Unschedulable", STATUS, "Insufficient {resource}"),
    "no-fit-taint": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) had taint {{{taint}}}, that the pod didn't tolerate",
        ("1.24", "node(s) had untolerated taint {{{taint}}}"),
        ("1.34", "node(s) had untolerated taint(s)"),
    ),
    "no-fit-selector": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) didn't match node selector",
        ("1.20", "node(s) didn't match Pod's node affinity/selector"),
    ),
    "no-fit-anti-affinity": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) didn't match pod affinity/anti-affinity",
        ("1.20", "node(s) didn't match pod anti-affinity rules"),
    ),
    "no-fit-cordoned": _text("default-scheduler", "Unschedulable", STATUS, "node(s) were unschedulable"),
    "no-fit-ports": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) didn't have free ports for the requested pod ports",
    ),
    "no-fit-pods": _text("default-scheduler", "Unschedulable", STATUS, "Too many pods"),
    "no-fit-volume-affinity": _text(
        "default-scheduler", "Unschedulable", STATUS, "node(s) had volume node affinity conflict"
    ),
    "no-fit-unbound-claim": _text(
        "default-scheduler", "Unschedulable", STATUS, "pod has unbound immediate PersistentVolumeClaims"
    ),
    "no-fit-claim-not-found": _text(
        "default-scheduler", "Unschedulable", STATUS, 'persistentvolumeclaim "{claim}" not found'
    ),
    "no-fit-claim-in-use": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by "
        "another pod",
    ),
    "bind-failed": _text(
        "default-scheduler",
        "FailedScheduling",
        WARNING,
        'running PreBind plugin "VolumeBinding": binding volumes: context deadline exceeded',
    ),
    "preempted": _text("default-scheduler", "Preempted", NORMAL, "Preempted by pod {uid} on node {node}"),
    # volumes of claims (pkg/controller/volume/persistentvolume, sig-storage-lib-external-provisioner, CSI drivers)
    "external-provisioning": _text(
        "persistentvolume-controller",
        "ExternalProvisioning",
        NORMAL,
        'waiting for a volume to be created, either by external provisioner "{provisioner}" or manually created by '
        "system administrator",
        (
            "1.29",
            "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the "
            "system administrator. If volume creation is delayed, please verify that the provisioner is running and "
            "correctly registered.",
        ),
    ),
    "storage-class-not-found": _text(
        "persistentvolume-controller",
        "ProvisioningFailed",
        WARNING,
        'storageclass.storage.k8s.io "{name}" not found',
    ),
    "no-class-no-volume": _text(
        "persistentvolume-controller",
        "FailedBinding",
        NORMAL,
        "no persistent volumes available for this claim and no storage class is set",
    ),
    "wait-for-first-consumer": _text(
        "persistentvolume-controller",
        "WaitForFirstConsumer",
        NORMAL,
        "waiting for first consumer to be created before binding",
    ),
    "provisioning": _text(
        "external-provisioner",
        "Provisioning",
        NORMAL,
        'External provisioner is provisioning volume for claim "{namespace}/{claim}"',
    ),
    "provisioning-failed": _text(
        "external-provisioner",
        "ProvisioningFailed",
        WARNING,
        'failed to provision volume with StorageClass "{storage_class}": rpc error: code = {code} desc = {why}',
        (
            "6.0",
            "Volume provisioning failed with infeasible error. Retries will be delayed. rpc error: code = {code} "
            "desc = {why}",
        ),
    ),
    "no-topology-key": _text(
        "external-provisioner",
        "ProvisioningFailed",
        WARNING,
        'failed to provision volume with StorageClass "{storage_class}": error generating accessibility '
        "requirements: no topology key found on CSINode {node}",
    ),
    "provisioning-succeeded": _text(
        "external-provisioner", "ProvisioningSucceeded", NORMAL, "Successfully provisioned volume {volume}"
    ),
    "cbs-disk-size": _text(
        "com.tencent.cloud.csi.cbs",
        "InvalidArgument",
        STATUS,
        "disk size is invalid. Must in [{minimum}, {maximum}]",
    ),
    "ebs-disk-size": _text(
        "ebs.csi.aws.com",
        "InvalidArgument",
        STATUS,
        'Could not create volume "{volume}": could not create volume in EC2: InvalidParameterValue: '
        "Volume of {size}GiB is too small; minimum is {minimum}GiB.",
    ),
    # admission (apiserver); controllers put "Error creating: " before it
    "quota-exceeded": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{pod}" is forbidden: exceeded quota: {quota}, requested: {requested}, used: {used}, limited: {limited}',
    ),
    "quota-must-specify": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{pod}" is forbidden: failed quota: {quota}: must specify {resources}',
        ("1.25", 'pods "{pod}" is forbidden: failed quota: {quota}: must specify {resources_for}'),
    ),
    "limit-range-maximum": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{pod}" is forbidden: maximum {resource} usage per Container is {maximum}, but limit is {limit}',
    ),
    "limit-range-minimum": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{pod}" is forbidden: minimum {resource} usage per Container is {minimum}, but request is {request}',
    ),
    "pod-security": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{pod}" is forbidden: violates PodSecurity "{level}": {violations}',
    ),
    "service-account-not-found": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{generate_name}" is forbidden: error looking up service account {namespace}/{name}: '
        'serviceaccount "{name}" not found',
    ),
    "priority-class-not-found": _text(
        "apiserver",
        "Forbidden",
        STATUS,
        'pods "{generate_name}" is forbidden: no PriorityClass with name {name} was found',
    ),
    "webhook-service-not-found": _text(
        "apiserver",
        "InternalError",
        STATUS,
        'Internal error occurred: failed calling webhook "{webhook}": Post "{url}": service "{service}" not found',
        (
            "1.23",
            'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
            'service "{service}" not found',
        ),
    ),
    "webhook-no-endpoints": _text(
        "apiserver",
        "InternalError",
        STATUS,
        'Internal error occurred: failed calling webhook "{webhook}": Post "{url}": '
        'no endpoints available for service "{service}"',
        (
            "1.23",
            'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
            'no endpoints available for service "{service}"',
        ),
    ),
    "webhook-x509": _text(
        "apiserver",
        "InternalError",
        STATUS,
        'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
        "x509: certificate signed by unknown authority",
        (
            "1.27",
            'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
            "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        ),
    ),
    "webhook-timeout": _text(
        "apiserver",
        "InternalError",
        STATUS,
        'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
        "context deadline exceeded",
    ),
    "request-deadline": _text(
        "apiserver",
        "Timeout",
        STATUS,
        "Timeout: request did not complete within requested timeout - context deadline exceeded",
    ),
    "webhook-denied": _text(
        "apiserver", "Forbidden", STATUS, 'admission webhook "{webhook}" denied the request: {why}'
    ),
    # workload controllers (pkg/controller)
    "create-failed": _text("replicaset-controller", "FailedCreate", WARNING, "Error creating: {why}"),
    "cronjob-create-failed": _text(
        "cronjob-controller", "FailedCreate", WARNING, "Error creating job: {why}"
    ),
    "job-create-failed": _text("job-controller", "FailedCreate", WARNING, "Error creating: {why}"),
    "statefulset-create-failed": _text(
        "statefulset-controller",
        "FailedCreate",
        WARNING,
        "create Pod {pod} in StatefulSet {name} failed error: {why}",
    ),
    "combined": _text("client-go", "", STATUS, "(combined from similar events): {message}"),
    "replicaset-created-pod": _text(
        "replicaset-controller", "SuccessfulCreate", NORMAL, "Created pod: {pod}"
    ),
    "replicaset-deleted-pod": _text(
        "replicaset-controller", "SuccessfulDelete", NORMAL, "Deleted pod: {pod}"
    ),
    "scaled-up": _text(
        "deployment-controller",
        "ScalingReplicaSet",
        NORMAL,
        "Scaled up replica set {replica_set} to {to}",
        ("1.27", "Scaled up replica set {replica_set} to {to} from {was}"),
        ("1.31", "Scaled up replica set {replica_set} from {was} to {to}"),
    ),
    "scaled-down": _text(
        "deployment-controller",
        "ScalingReplicaSet",
        NORMAL,
        "Scaled down replica set {replica_set} to {to}",
        ("1.27", "Scaled down replica set {replica_set} to {to} from {was}"),
        ("1.31", "Scaled down replica set {replica_set} from {was} to {to}"),
    ),
    "deployment-available": _text(
        "deployment-controller",
        "MinimumReplicasAvailable",
        STATUS,
        "Deployment has minimum availability.",
    ),
    "deployment-unavailable": _text(
        "deployment-controller",
        "MinimumReplicasUnavailable",
        STATUS,
        "Deployment does not have minimum availability.",
    ),
    "progress-complete": _text(
        "deployment-controller",
        "NewReplicaSetAvailable",
        STATUS,
        'ReplicaSet "{replica_set}" has successfully progressed.',
    ),
    "progress-ongoing": _text(
        "deployment-controller", "ReplicaSetUpdated", STATUS, 'ReplicaSet "{replica_set}" is progressing.'
    ),
    "progress-stuck": _text(
        "deployment-controller",
        "ProgressDeadlineExceeded",
        STATUS,
        'ReplicaSet "{replica_set}" has timed out progressing.',
    ),
    "job-created-pod": _text("job-controller", "SuccessfulCreate", NORMAL, "Created pod: {pod}"),
    "job-backoff-limit": _text(
        "job-controller", "BackoffLimitExceeded", WARNING, "Job has reached the specified backoff limit"
    ),
    "job-deadline": _text(
        "job-controller", "DeadlineExceeded", WARNING, "Job was active longer than specified deadline"
    ),
    "job-completed": _text("job-controller", "Completed", NORMAL, "Job completed"),
    "cronjob-created-job": _text("cronjob-controller", "SuccessfulCreate", NORMAL, "Created job {job}"),
    "hpa-no-metrics": _text(
        "horizontal-pod-autoscaler",
        "FailedGetResourceMetric",
        WARNING,
        "unable to get metrics for resource {resource}: unable to fetch metrics from resource metrics API: "
        "the server could not find the requested resource (get pods.metrics.k8s.io)",
        (
            "1.20",
            "failed to get {resource} utilization: unable to get metrics for resource {resource}: unable to fetch "
            "metrics from resource metrics API: the server could not find the requested resource "
            "(get pods.metrics.k8s.io)",
        ),
    ),
    # claims and volumes, further
    "multi-attach-pods": _text(
        "attachdetach-controller",
        "FailedAttachVolume",
        WARNING,
        'Multi-Attach error for volume "{volume}" Volume is already used by pod(s) {pods}',
    ),
    "mount-nfs-timed-out": _text(
        "kubelet",
        "FailedMount",
        WARNING,
        'MountVolume.SetUp failed for volume "{volume}" : mount failed: exit status 32\nMounting command: mount\n'
        "Mounting arguments: -t nfs {share} {target}\nOutput: mount.nfs: Connection timed out\n",
    ),
    "claim-lost": _text(
        "persistentvolume-controller",
        "ClaimLost",
        WARNING,
        "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!",
    ),
    "volume-bound-elsewhere": _text(
        "persistentvolume-controller",
        "FailedBinding",
        WARNING,
        'volume "{volume}" already bound to a different claim.',
    ),
    # kubelet, further
    "waiting-image-never-pull": _text(
        "kubelet",
        "ErrImageNeverPull",
        STATUS,
        'Container image "{image}" is not present with pull policy of Never',
    ),
    "error-image-never-pull": _text("kubelet", "Failed", WARNING, "Error: ErrImageNeverPull"),
    "evicted-empty-dir": _text(
        "kubelet", "Evicted", WARNING, 'Usage of EmptyDir volume "{volume}" exceeds the limit "{limit}". '
    ),
    "node-pleg": _text(
        "kubelet",
        "KubeletNotReady",
        STATUS,
        "PLEG is not healthy: pleg was last seen active 6m3.201s ago; threshold is 3m0s",
    ),
    "network.x509-unknown": _text(
        "go",
        "",
        STATUS,
        "x509: certificate signed by unknown authority",
        ("1.20", "tls: failed to verify certificate: x509: certificate signed by unknown authority"),
    ),
    "containerd.pull-no-space": _text(
        "containerd",
        "ErrImagePull",
        STATUS,
        'failed to pull and unpack image "{full}": failed to extract layer sha256:{digest}: '
        "write /var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots/8812/fs/app/model.bin: "
        "no space left on device: unknown",
    ),
    # scheduler, further
    "no-fit-topology-spread": _text(
        "default-scheduler",
        "Unschedulable",
        STATUS,
        "node(s) didn't match pod topology spread constraints",
    ),
    "gated": _text(
        "default-scheduler",
        "SchedulingGated",
        STATUS,
        "Scheduling is blocked due to non-empty scheduling gates",
    ),
    # autoscaler (pkg/controller/podautoscaler), further
    "hpa-able": _text(
        "horizontal-pod-autoscaler",
        "ReadyForNewScale",
        STATUS,
        "recommended size matches current size",
    ),
    "hpa-got-scale": _text(
        "horizontal-pod-autoscaler",
        "SucceededGetScale",
        STATUS,
        "the HPA controller was able to get the target's current scale",
    ),
    "hpa-active": _text(
        "horizontal-pod-autoscaler",
        "ValidMetricFound",
        STATUS,
        "the HPA was able to successfully calculate a replica count from cpu resource utilization "
        "(percentage of request)",
    ),
    "hpa-within": _text(
        "horizontal-pod-autoscaler",
        "DesiredWithinRange",
        STATUS,
        "the desired count is within the acceptable range",
    ),
    "hpa-too-many": _text(
        "horizontal-pod-autoscaler",
        "TooManyReplicas",
        STATUS,
        "the desired replica count is more than the maximum replica count",
    ),
    "hpa-no-target": _text(
        "horizontal-pod-autoscaler",
        "FailedGetScale",
        STATUS,
        "the HPA controller was unable to get the target's current scale: {why}",
    ),
    "hpa-target-not-found": _text(
        "horizontal-pod-autoscaler", "FailedGetScale", WARNING, 'deployments/scale.apps "{name}" not found'
    ),
    "hpa-inactive": _text(
        "horizontal-pod-autoscaler",
        "FailedGetResourceMetric",
        STATUS,
        "the HPA was unable to compute the replica count: {why}",
    ),
    "hpa-metric-failed": _text(
        "horizontal-pod-autoscaler",
        "FailedGetResourceMetric",
        WARNING,
        "failed to get cpu utilization: {why}",
    ),
    "hpa-compute-failed": _text(
        "horizontal-pod-autoscaler",
        "FailedComputeMetricsReplicas",
        WARNING,
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: "
        "failed to get cpu utilization: {why}",
    ),
    "hpa-missing-request": _text(
        "horizontal-pod-autoscaler",
        "FailedGetResourceMetric",
        STATUS,
        "missing request for cpu",
        ("1.24", "missing request for cpu in container {container} of Pod {pod}"),
    ),
    "hpa-metrics-unavailable": _text(
        "horizontal-pod-autoscaler",
        "FailedGetResourceMetric",
        STATUS,
        "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: "
        "the server is currently unable to handle the request (get pods.metrics.k8s.io)",
    ),
    "hpa-ambiguous": _text(
        "horizontal-pod-autoscaler",
        "AmbiguousSelector",
        WARNING,
        "pods by selector {selector} are controlled by multiple HPAs: [{scalers}]",
    ),
    # other controllers
    "deployment-paused": _text("deployment-controller", "DeploymentPaused", STATUS, "Deployment is paused"),
    "daemonset-created-pod": _text("daemonset-controller", "SuccessfulCreate", NORMAL, "Created pod: {pod}"),
    "statefulset-created-pod": _text(
        "statefulset-controller",
        "SuccessfulCreate",
        NORMAL,
        "create Pod {pod} in StatefulSet {name} successful",
    ),
    "cronjob-active": _text(
        "cronjob-controller",
        "JobAlreadyActive",
        NORMAL,
        "Not starting job because prior execution is running and concurrency policy is Forbid",
    ),
    "webhook-refused": _text(
        "apiserver",
        "InternalError",
        STATUS,
        'Internal error occurred: failed calling webhook "{webhook}": failed to call webhook: Post "{url}": '
        "dial tcp {address}: connect: connection refused",
    ),
    # further components
    "certificate-request-pending": _text(
        "cert-manager",
        "IssuerNotFound",
        NORMAL,
        'Referenced "{kind}" not found: {plural}.cert-manager.io "{name}" not found',
    ),
    "keda-check-failed": _text(
        "keda-operator",
        "ScaledObjectCheckFailed",
        WARNING,
        "ScaledObject doesn't have correct scaleTargetRef specification",
        ("2.12", "Target resource doesn't exist"),
    ),
    "argocd-operation-failed": _text(
        "argocd-application-controller",
        "OperationCompleted",
        WARNING,
        "Sync operation to {revision} failed: {why}",
    ),
    "policy-violation": _text(
        "kyverno-admission", "PolicyViolation", WARNING, "policy {policy}/{rule} fail: {why}"
    ),
    # kubelet, the sandbox without its runtime
    "sandbox-without-runtime": _text(
        "kubelet",
        "FailedCreatePodSandBox",
        WARNING,
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox container task "
        '"{sandbox}": failed to create shim task: OCI runtime create failed: unable to retrieve OCI runtime error '
        "(open /run/containerd/io.containerd.runtime.v2.task/k8s.io/{sandbox}/log.json: no such file or directory): "
        'exec: "runc": executable file not found in $PATH: unknown',
    ),
    # controllers, further
    "cronjob-invalid-schedule": _text(
        "cronjob-controller",
        "InvalidSchedule",
        WARNING,
        "invalid schedule: {schedule} : time difference between two schedules is less than 1 second",
    ),
    "cronjob-unknown-zone": _text(
        "cronjob-controller",
        "UnknownTimeZone",
        WARNING,
        'invalid timeZone: "{zone}": unknown time zone {zone}',
    ),
    "job-suspended": _text("job-controller", "Suspended", NORMAL, "Job suspended"),
    "node-not-schedulable": _text(
        "kubelet", "NodeNotSchedulable", NORMAL, "Node {node} status is now: NodeNotSchedulable"
    ),
    "node-read-only": _text(
        "node-problem-detector",
        "FilesystemIsReadOnly",
        STATUS,
        "EXT4-fs ({device}): Remounting filesystem read-only",
    ),
    "claim-resizing": _text(
        "external-resizer", "Resizing", NORMAL, "External resizer is resizing volume {volume}"
    ),
    "claim-resize-failed": _text(
        "external-resizer",
        "VolumeResizeFailed",
        WARNING,
        'resize volume "{volume}" by resizer "{driver}" failed: rpc error: code = {code} desc = {why}',
    ),
    "ensuring-balancer": _text(
        "service-controller", "EnsuringLoadBalancer", NORMAL, "Ensuring load balancer"
    ),
    "balancer-failed": _text(
        "service-controller",
        "SyncLoadBalancerFailed",
        WARNING,
        "Error syncing load balancer: failed to ensure load balancer: {why}",
    ),
    "volume-delete-failed": _text("external-provisioner", "VolumeFailedDelete", WARNING, "{why}"),
    "flux-reconciliation-failed": _text("kustomize-controller", "ReconciliationFailed", WARNING, "{why}"),
    "external-secret-failed": _text("external-secrets", "UpdateFailed", WARNING, "{why}"),
}
"""Every text by a short name."""


def version_of(text: str) -> tuple[int, ...]:
    """`v1.31.4-tke.2` as (1, 31, 4)."""
    numbers = text.lstrip("v").partition("-")[0].partition("+")[0].split(".")
    return tuple(int(number) for number in numbers if number.isdigit())


def entry(name: str) -> TextEntry:
    """The entry of a text; KeyError tells of a name that the table lacks."""
    return TEXTS[name]


def say(name: str, version: str = "", /, **values: object) -> str:
    """The text as `version` of its component words it (the newest wording without one), its fields filled in."""
    wordings = TEXTS[name].wordings
    fitting = [one for one in wordings if not version or version_of(one.since) <= version_of(version)]
    return (fitting or wordings[:1])[-1].template.format(**values)


def failed_scheduling(
    version: str, nodes: int, reasons: dict[str, int], *, unresolvable: int | None = None
) -> str:
    """The scheduler's message that no node fits (pkg/scheduler/framework/types.go FitError, preemption since 1.24).

    `reasons` counts nodes by reason; a reason that PreFilter gave for all of them at once has count 0 and is written
    without one since 1.25. `unresolvable` nodes would not fit even after preemption (all of them by default).
    """
    of = version_of(version)
    counted = (f"{count or nodes} {why}" if count or of < (1, 25) else why for why, count in reasons.items())
    message = f"0/{nodes} nodes are available: {', '.join(sorted(counted))}."
    if of < (1, 24):
        return message
    hopeless = nodes if unresolvable is None else unresolvable
    end = "incoming pod." if of < (1, 28) else "incoming pod"
    parts = [f"{hopeless} Preemption is not helpful for scheduling"] if hopeless else []
    parts += [f"{nodes - hopeless} No preemption victims found for {end}"] if nodes > hopeless else []
    claims = " no new claims to deallocate," if of >= (1, 34) else ""
    return f"{message}{claims} preemption: 0/{nodes} nodes are available: {', '.join(sorted(parts))}."
