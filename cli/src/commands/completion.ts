import type { Command } from '../arguments/command.ts';
import { defineCommand } from '../arguments/command.ts';
import { completionScript, SHELLS } from '../arguments/completion.ts';
import { EXIT, UsageError } from '../errors.ts';

/** @param commands - all of them, this one included; a function, since they are known only once this one is */
export const completionOf = (commands: () => readonly Command[]): Command =>
  defineCommand({
    name: 'completion',
    summary: 'print the script that completes bw in your shell',
    positionals: ['bash|zsh|fish'],
    options: {},
    details: `
  source <(bw completion bash)                                          # this shell; bash and zsh
  bw completion bash > ~/.local/share/bash-completion/completions/bw    # every bash
  bw completion zsh > ~/.zfunc/_bw                                      # every zsh with ~/.zfunc in $fpath
  bw completion fish > ~/.config/fish/completions/bw.fish               # every fish`,
    async run({ out }, _values, [text = '']) {
      const shell = SHELLS.find((name) => name === text);
      if (shell === undefined) throw new UsageError(`there is no completion for "${text}": use ${SHELLS.join(', ')}.`);
      out.write(completionScript(shell, commands()));
      return EXIT.ok;
    },
  });
