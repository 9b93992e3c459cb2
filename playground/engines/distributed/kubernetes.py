"""A LeaderWorkerSet for Kubernetes: each copy of the model a group of pods, the first of which answers."""

from typing import Any

from playground.engines.distributed.forms import (
    File,
    Launch,
    Step,
    WrittenLaunch,
    check,
    label,
    refuse_flags,
    split,
    variables,
)
from playground.engines.distributed.ranks import FLAGS, SOURCES, Ranks
from playground.engines.distributed.yaml_files import yaml_of
from playground.engines.kinds.base import Command, Installation
from playground.engines.kinds.words import resolved

API = "leaderworkerset.x-k8s.io/v1"
NAME_LABEL = "leaderworkerset.sigs.k8s.io/name"
INSIDE = {  # the image, and how the engine is called in it
    "vllm": ("vllm/vllm-openai:latest", Installation("program", ("vllm",))),
    "sglang": ("lmsysorg/sglang:latest", Installation("python", ("python3",))),
}
_SECRETS = "/run/secrets/engine"
_SHARED_MEMORY = {"name": "shared-memory", "emptyDir": {"medium": "Memory"}}  # NCCL talks through it inside a pod
_START_S, _EVERY_S, _TIMEOUT_S = 3600, 10, 30
_ANY = "0.0.0.0"  # noqa: S104 - all interfaces of a pod; its Service is inside the cluster only
# What the controller sets in each container: leaderworkerset_types.go.
_LEADER, _SIZE, _INDEX = "$(LWS_LEADER_ADDRESS)", "$(LWS_GROUP_SIZE)", "$(LWS_WORKER_INDEX)"


def kubernetes(launch: Launch) -> WrittenLaunch:
    """The manifest and the commands that apply it.

    Raises:
        InvalidLaunch: what cannot be launched so.
    """
    check(launch, engines=tuple(INSIDE))
    spec, nodes = launch.spec, launch.nodes
    refuse_flags(spec, *FLAGS[spec.engine])
    gpus = split(launch)
    name = label(spec)
    image, inside = INSIDE[spec.engine]
    launch = Launch(spec, nodes, launch.engine, inside, launch.port)
    command = launch.command(host=_ANY)
    pods = [_pod(launch, command, name, nodes.image or image, gpus, leads=leads) for leads in (True, False)]
    group: dict[str, Any] = {"size": nodes.size, "restartPolicy": "RecreateGroupOnPodRestart"}
    group["leaderTemplate"] = {"metadata": {"labels": {"role": "leader"}}, "spec": pods[0]}
    group["workerTemplate"] = {"spec": pods[1]}
    documents = [
        {
            "apiVersion": API,
            "kind": "LeaderWorkerSet",
            "metadata": {"name": name},
            "spec": {"replicas": nodes.replicas, "leaderWorkerTemplate": group},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {
                "selector": {NAME_LABEL: name, "role": "leader"},
                "ports": [{"name": "http", "port": launch.port, "targetPort": launch.port}],
            },
        },
    ]
    file = f"{name}.yaml"
    text = yaml_of(*documents)
    steps = [
        *_secret_steps(command, name),
        Step("your machine", Command(("kubectl", "apply", "-f", file))),
        Step("your machine, to watch it", Command(("kubectl", "get", "pods", "-l", f"{NAME_LABEL}={name}", "--watch"))),
        Step(
            "your machine, to send requests", Command(("kubectl", "port-forward", f"service/{name}", str(launch.port)))
        ),
    ]
    title = f"{launch.engine.title} on Kubernetes, {nodes.replicas} × {nodes.size} pods with {gpus} GPUs each"
    sources = ("kubernetes-sigs/lws: its CustomResourceDefinition and API types", SOURCES[spec.engine])
    return WrittenLaunch(title, (File(file, text),), tuple(steps), "kubectl", _notes(launch, image), sources)


def _pod(launch: Launch, command: Command, name: str, image: str, gpus: int, *, leads: bool) -> dict[str, Any]:
    """The pod of the leader or of a worker."""
    nodes = launch.nodes
    ranks = Ranks(launch.spec.engine, _SIZE, _LEADER)
    words = ranks.words(_INDEX, leads=leads) if nodes.size > 1 else ()
    paths = {file.placeholder: f"{_SECRETS}/{file.secret}{file.suffix}" for file in command.files}
    # `$(` begins a variable in a manifest's command; `$$(` is the text.
    own = [word.replace("$(", "$$(") for word in command.with_files(paths).argv]
    volumes, mounts = _volumes(launch, command, name)
    container: dict[str, Any] = {
        "name": launch.spec.engine,
        "image": image,
        "command": [*own, *words],
        "env": _env(launch, command, name),
        "resources": {"limits": {"nvidia.com/gpu": str(gpus)}},
        "volumeMounts": mounts,
    }
    if leads:
        health = {"httpGet": {"path": launch.engine.health_path, "port": launch.port}}
        probe = health | {"periodSeconds": _EVERY_S, "timeoutSeconds": _TIMEOUT_S}
        container["ports"] = [{"name": "http", "containerPort": launch.port}]
        container["startupProbe"] = probe | {"failureThreshold": _START_S // _EVERY_S}
        container["readinessProbe"] = dict(probe)
    return {"containers": [container], "volumes": volumes}


def _env(launch: Launch, command: Command, name: str) -> list[dict[str, Any]]:
    """The variables; a key comes from the Secret. HF_TOKEN may be missing there: most models need none."""
    plain, secret = variables(command)
    env: list[dict[str, Any]] = [{"name": key, "value": value.replace("$(", "$$(")} for key, value in plain.items()]
    env += [_from_secret(key, name, optional=False) for key in secret]
    if "HF_TOKEN" not in secret and not launch.spec.is_local:
        env.append(_from_secret("HF_TOKEN", name, optional=True))
    return env


def _from_secret(key: str, name: str, *, optional: bool) -> dict[str, Any]:
    reference: dict[str, Any] = {"name": f"{name}-keys", "key": key}
    return {"name": key, "valueFrom": {"secretKeyRef": reference | ({"optional": True} if optional else {})}}


def _volumes(launch: Launch, command: Command, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    volumes: list[dict[str, Any]] = [dict(_SHARED_MEMORY)]
    mounts: list[dict[str, Any]] = [{"name": _SHARED_MEMORY["name"], "mountPath": "/dev/shm"}]  # noqa: S108 - the pod's
    spec = launch.spec
    local = {"model": spec.model if spec.is_local else "", "chat-template": spec.chat_template}
    for volume, path in local.items():
        if path:
            volumes.append({"name": volume, "hostPath": {"path": resolved(path)}})
            mounts.append({"name": volume, "mountPath": resolved(path), "readOnly": True})
    if command.files:
        items = [{"key": file.secret, "path": f"{file.secret}{file.suffix}"} for file in command.files]
        volumes.append({"name": "keys", "secret": {"secretName": f"{name}-keys", "items": items}})
        mounts.append({"name": "keys", "mountPath": _SECRETS, "readOnly": True})
    return volumes, mounts


def _secret_steps(command: Command, name: str) -> list[Step]:
    """How the Secret is made: from files that only you can read, so that no key stands in a command line."""
    _, secret = variables(command)
    lines = [f'printf %s "${key}" > {key}' for key in secret]
    for file in command.files:
        text = file.template.replace("%", "%%").replace("{secret}", '"%s"').replace("\n", "\\n")
        lines.append(f"printf '{text}' \"${file.secret}\" > {file.secret}")
    names = [*secret, *(file.secret for file in command.files)]
    if not names:
        return []
    sources = " ".join(f"--from-file={key}" for key in names)
    lines = ["umask 077", *lines, f"kubectl create secret generic {name}-keys {sources}", f"rm {' '.join(names)}"]
    return [Step("your machine, once, with the keys in its environment", "\n".join(lines))]


def _notes(launch: Launch, image: str) -> tuple[str, ...]:
    spec = launch.spec
    notes = [
        "The cluster needs the LeaderWorkerSet controller and NVIDIA's device plugin.",
        "Each pod downloads the model again; a volume at /root/.cache/huggingface keeps it.",
    ]
    if not launch.nodes.image:
        notes.append(f"The image is {image}: replace it with a version that you have tested.")
    if spec.is_local or spec.chat_template:
        notes.append("The model's files and the chat template are mounted from each node's own disk: put them there.")
    if spec.api_key is None:
        notes.append(
            "No API key is set: every pod in the cluster can use the server. Its Service is internal to the cluster."
        )
    return tuple(notes)
