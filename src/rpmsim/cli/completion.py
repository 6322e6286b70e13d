"""``rpmsim completion``: what a shell needs to complete commands, options and files."""

from __future__ import annotations

import click


@click.command(
    epilog="""\b
Examples:
  rpmsim completion bash > ~/.local/share/bash-completion/completions/rpmsim
  rpmsim completion zsh  > "${fpath[1]}/_rpmsim"
  rpmsim completion fish > ~/.config/fish/completions/rpmsim.fish
"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script for SHELL."""
    from click.shell_completion import get_completion_class

    from rpmsim.cli.program import program

    script = get_completion_class(shell)
    assert script is not None
    click.echo(script(program, {}, "rpmsim", "_RPMSIM_COMPLETE").source())
