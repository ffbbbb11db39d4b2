"""What the control plane refuses: Cloudflare's statuses and codes (API v4 docs, 2026-11-23)."""


class ApiError(Exception):
    """A refusal in Cloudflare's shape."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


NOT_EMULATED = 501


class NotEmulated(ApiError):
    """The real API has this and the local cloud lacks it; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(501, NOT_EMULATED, f"{what} is not emulated by the local cloud")


def no_worker(name: str) -> ApiError:
    return ApiError(404, 10007, f"This Worker does not exist on your account: {name}")


def no_route() -> ApiError:
    return ApiError(404, 10009, "workers.api.error.route_not_found")


def no_version(version: str) -> ApiError:
    return ApiError(404, 10071, f"workers.api.error.version_not_found: {version}")


def no_tunnel() -> ApiError:
    return ApiError(404, 1003, "Tunnel not found")


def no_path(path: str) -> ApiError:
    return ApiError(404, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?")


def malformed(message: str) -> ApiError:
    return ApiError(400, 10006, f"Could not parse your request: {message}")


AUTHENTICATION = ApiError(403, 10000, "Authentication error")
