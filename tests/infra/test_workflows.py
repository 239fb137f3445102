"""The pipelines: what they may do, and that they run what is there."""

from __future__ import annotations

import re

import pytest

from tests.infra.reader import ROOT

WORKFLOWS = {f.name: f.read_text(encoding="utf-8") for f in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_a_workflow_has_few_rights(name: str) -> None:
    """Every workflow says what it may do; only the deployment gets a token for Azure, only the release writes."""
    text = WORKFLOWS[name]
    assert re.search(r"^permissions:\n  contents: (?:read|write)\n", text, re.M)
    assert ("contents: write" in text) == (name == "release.yml")
    assert ("id-token: write" in text) == (name == "deploy.yml")


@pytest.mark.parametrize("name", sorted(WORKFLOWS))
def test_no_text_from_outside_is_run(name: str) -> None:
    """An expression is handed to a command through the environment, never written into it."""
    lines = WORKFLOWS[name].splitlines()
    inside, depth = False, 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if inside and line.strip() and indent <= depth:
            inside = False
        found = re.match(r"(\s*-?\s*)run:", line)
        if found:
            inside, depth = True, len(found[1])
        assert not (inside and "${{" in line), line


def test_no_secret_of_azure_is_kept() -> None:
    """The only secrets are those of the channels and the pipeline's own token; Azure is signed in to without one."""
    secrets = {s for text in WORKFLOWS.values() for s in re.findall(r"secrets\.(\w+)", text)}
    webhooks = {"TEAMS_WEBHOOK_URL", "SLACK_WEBHOOK_URL", "EVENTS_WEBHOOK_URL", "EVENTS_WEBHOOK_SECRET"}
    assert secrets == {*webhooks, "HEARTBEAT_URL"}
    assert "client-secret" not in WORKFLOWS["deploy.yml"]
    assert "creds:" not in WORKFLOWS["deploy.yml"]


def test_everything_is_tested_compiled_and_linted_first() -> None:
    """Every change is tested, compiled and linted; nothing is deployed or released untested."""
    assert all("- run: make test" in text for text in WORKFLOWS.values())
    assert "for file in infra/*.bicep infra/modules/*.bicep" in WORKFLOWS["ci.yml"]
    for entry in ("main", "subscription"):
        assert f"az bicep build --file infra/{entry}.bicep" in WORKFLOWS["ci.yml"]
    assert "needs: test" in WORKFLOWS["deploy.yml"]
    assert WORKFLOWS["deploy.yml"].count("--yes") == 1
    assert "if: inputs.apply" in WORKFLOWS["deploy.yml"].partition("--yes")[0].rpartition("- name:")[2]


def test_every_script_that_is_called_is_there() -> None:
    """A script that a workflow runs is in the repository."""
    called = {s for text in WORKFLOWS.values() for s in re.findall(r"sh (infra/[\w-]+\.sh)", text)}
    assert called == {"infra/deploy.sh", "infra/package.sh"}
    assert all((ROOT / script).is_file() for script in called)
