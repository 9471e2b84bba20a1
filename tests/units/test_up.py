"""Where `hub up` lets webhooks go: to this machine, unless somebody has said otherwise or others reach its API."""

from ipaddress import ip_network

from hub.settings import Settings
from hub.up import with_receivers_here


def settings(**told: object) -> Settings:
    return Settings.model_validate(told)


def test_a_receiver_on_this_machine_may_be_sent_to() -> None:
    (four, six) = with_receivers_here(settings()).webhooks.allow_private

    assert (four, six) == (ip_network("127.0.0.0/8"), ip_network("::1"))


def test_what_is_named_stands() -> None:
    named = with_receivers_here(settings(webhooks={"allow_private": ["10.1.0.0/16"]}))

    assert named.webhooks.allow_private == (ip_network("10.1.0.0/16"),)


def test_others_who_reach_the_api_do_not_reach_this_machine_through_it() -> None:
    assert with_receivers_here(settings(api={"host": "0.0.0.0"})).webhooks.allow_private == ()
