import { type Command, InvalidArgumentError, Option } from 'commander'
import { outputFormats } from '../report/open-view.ts'

/** Collects the values of an option that may be given several times. */
export const collect = (value: string, all: string[] = []): string[] => [...all, value]
const split = (value: string, all: string[] = []): string[] => [
  ...all,
  ...value
    .split(',')
    .map(v => v.trim())
    .filter(v => v !== ''),
]
/** 0 would play nothing, and succeed. */
const count = (value: string): string => {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('It must be a whole number from 1 to 9999.')
  return value
}
const more = (_: string, before = 0): number => before + 1

/** Options of every command that plays. Sub-commands share those that they read. */
export const withPlayOptions = (command: Command): Command =>
  command
    .option('-i, --inventory <path>', 'inventory, several allowed (default ./inventory/hosts.yml)', collect)
    .option('--roles-path <dir>', 'more directories with your own roles (besides ./roles), several allowed', collect)
    .option('-l, --limit <pattern>', 'only these hosts')
    .option('-t, --tags <tags>', 'only roles with these tags', split)
    .option('--skip-tags <tags>', 'skip roles with these tags', split)
    .option('-C, --check', 'change nothing, show what would change')
    .option('-D, --diff', 'show what differs')
    .option('-e, --extra-vars <vars>', 'key=value, {json} or @file', collect)
    .option('-f, --forks <n>', 'clusters to play in parallel', count)
    .option('-u, --user <name>', 'log in as')
    .option('-b, --become', 'become root with sudo')
    .option('-K, --ask-become-pass', 'ask for the sudo password')
    .option('--private-key <file>', 'key to log in with')
    .option('-J, --ask-vault-pass', 'ask for the vault password')
    .option('--vault-password-file <file>', 'file with the vault password, or a program that prints it; several allowed', collect)
    .option('--vault-id <label@file>', 'the same, with a vault id; label@prompt asks', collect)
    .option('--accept-new-host-keys', 'accept and store unknown host keys, never changed ones')
    .addOption(new Option('--output <format>', 'output format').choices(outputFormats))
    .option('--no-handlers', 'leave notified handlers to a later run')
    .option('--watch', 'repeat status.yml in place until ctrl-c')
    .option('--profile', 'show where the time went: per host and role, commands, bytes, processes')
    .option('--profile-report <file>', 'the same, also as an HTML page with a timeline')
    .option('--exit-code', 'with --check: exit 5 when something would change')
    .option('--list-hosts', 'list and exit')
    .option('--list-tasks', 'list and exit')
    .option('--list-tags', 'list and exit')
    .option('--syntax-check', 'read all files and exit')
    .option('-v, --verbose', 'more detail, up to -vv', more)
