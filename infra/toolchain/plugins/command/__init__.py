"""Stand-in for `pulumi-resource-command`: remote.Command and remote.CopyToRemote over asyncssh.

Properties and meaning: the SDK's types and the provider's sources (pulumi/pulumi-command 1.2, 2026-11-23).
"""

from infra.toolchain.plugins.standin import Identity

IDENTITY = Identity("command", "1.2.1", "it does the same over SSH")
