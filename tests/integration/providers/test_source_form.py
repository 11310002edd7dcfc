"""The providers' forms as the config flow shows them: their steps and their fields."""

import pytest
from homeassistant.core import HomeAssistant

from custom_components.hls_camera.config_flow import HlsCameraConfigFlow
from custom_components.hls_camera.providers.address import ADDRESS
from custom_components.hls_camera.providers.other_camera import OTHER_CAMERA
from custom_components.hls_camera.providers.provider import FormPurpose, SourceProvider
from custom_components.hls_camera.providers.registry import PROVIDERS
from custom_components.hls_camera.providers.source_form import (
    SourceForm,
    forms_with_steps,
)


def fields(
    hass: HomeAssistant, form: SourceForm, *, with_hosts: bool = False
) -> set[str]:
    return set(map(str, form.schema(hass, with_hosts=with_hosts).schema))


@pytest.mark.parametrize(
    ("provider", "purpose", "step"),
    [
        (ADDRESS, FormPurpose.NEW, "address"),
        (ADDRESS, FormPurpose.REAUTH, "reauth_confirm"),
        (OTHER_CAMERA, FormPurpose.RECONFIGURE, "reconfigure_camera"),
        # A step that providers share, as these have none of their own.
        (ADDRESS, FormPurpose.RECONFIGURE, "reconfigure"),
        (OTHER_CAMERA, FormPurpose.MOVED, "moved"),
    ],
)
def test_a_form_has_its_providers_step_or_the_shared_one(
    provider: SourceProvider, purpose: FormPurpose, step: str
) -> None:
    assert SourceForm(provider, purpose).step == step


@pytest.mark.parametrize("provider", PROVIDERS)
def test_no_form_has_a_name(hass: HomeAssistant, provider: SourceProvider) -> None:
    """Home Assistant asks for the name of a new camera on its last page."""
    for purpose in FormPurpose:
        assert "name" not in fields(hass, SourceForm(provider, purpose))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_allowed_hosts_are_a_field_on_request(
    hass: HomeAssistant, provider: SourceProvider
) -> None:
    form = SourceForm(provider, FormPurpose.NEW)
    added = fields(hass, form, with_hosts=True) - fields(hass, form)
    assert added == {"allowed_hosts"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_moved_camera_is_a_question_without_fields(
    hass: HomeAssistant, provider: SourceProvider
) -> None:
    assert not fields(hass, SourceForm(provider, FormPurpose.MOVED), with_hosts=True)


def test_credentials_alone_are_asked_for_again(hass: HomeAssistant) -> None:
    form = SourceForm(ADDRESS, FormPurpose.REAUTH)
    assert fields(hass, form) == {"username", "password"}


def test_every_kind_of_source_can_be_added() -> None:
    new = [form.provider for form in forms_with_steps() if form.purpose == "new"]
    assert new == list(PROVIDERS)


def test_the_flow_has_a_step_for_each_form() -> None:
    flow = HlsCameraConfigFlow()
    steps = [form.step for form in forms_with_steps()]
    assert len(set(steps)) == len(steps)
    assert all(callable(getattr(flow, f"async_step_{step}")) for step in steps)
