"""What `reminders doctor` looks at of the city's single sign-on: its description and its keys."""

from config.settings import Settings
from jobs.findings import Finding, broken, later, well
from jobs.gateways.transport import Transport, json_object
from reminders.errors import GatewayError
from reminders.rules.single_sign_on import DISCOVERY, NotTrusted, is_safe, provider_of


def sign_on_check(told: Settings) -> Finding:
    """Reads only; nobody signs in."""
    name, issuer = "single sign-on", told.oidc_issuer
    if not issuer:
        return well(name, "none: staff sign in with a password and a code")
    if not told.oidc_client_id:
        return broken(name, "OIDC_CLIENT_ID is empty", "set it to the client registered at the provider")
    if not is_safe(issuer):
        return broken(name, "OIDC_ISSUER is not https", "ask the provider for its https address")
    transport = Transport(1)
    try:
        found = transport.request("GET", issuer.rstrip("/") + DISCOVERY)
        provider = provider_of(json_object(found), issuer)
        keys = json_object(transport.request("GET", provider.keys_url)).get("keys")
    except GatewayError as error:
        return broken(name, error.reason, "check OIDC_ISSUER, and that this machine reaches the provider")
    except NotTrusted as error:
        return broken(name, str(error), "compare OIDC_ISSUER with the provider's discovery document")
    finally:
        transport.close()
    if not isinstance(keys, list) or not keys:
        return broken(name, "no keys to verify tokens with", "tell the provider that its jwks_uri is empty")
    if not told.oidc_client_secret:
        return later(
            name, "public client: only PKCE protects the code", "ask for a secret: OIDC_CLIENT_SECRET"
        )
    return well(name, f"{issuer}, {len(keys)} keys, {', '.join(provider.algorithms)}")
