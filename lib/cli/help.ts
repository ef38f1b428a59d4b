/** The whole help on one screen of 80 by 24; `docs/` has the rest. */
export const help = `Usage: nfsha-play [options] <playbook|role>   site.yml, status.yml, a role
       nfsha-play init [dir] | init role <name>      an inventory, a role
       nfsha-play doc [name] | vars <host> | inventory --graph|--list|--host <h>
       nfsha-play vault encrypt|decrypt|view|edit|rekey|encrypt-string
       nfsha-play ping|unlock [pattern]      who can be reached; remove a lock
       nfsha-play drift [playbook] | cron install|show|remove | history [run]
       nfsha-play demo | lab up|down|status|save|ssh|fault    emulated machines

  -i, --inventory <path>      inventory, several allowed (./inventory/hosts.yml)
  -l, --limit <pattern>       only these hosts: M1, nfs:!M2, ~M\\d
  -t, --tags, --skip-tags <tags>     select or skip by tag
  -C, --check  -D, --diff     change nothing, show what would; show diffs
      --exit-code             with --check: 5 when something would change
  -e, --extra-vars <vars>     key=value, {json} or @file
  -u, --user <name>  --private-key <file>  --accept-new-host-keys
  -b, --become  -K, --ask-become-pass         root with sudo
  -J, --ask-vault-pass  --vault-password-file <file>  --vault-id <label@file>
      --output <human|plain|jsonl|json|nagios|prometheus>   --watch (status.yml)
  -f, --forks <n>  --no-handlers       clusters at a time (5); leave handlers
      --list-hosts, --list-tasks, --list-tags, --syntax-check
  -v, --verbose (-vv)  --profile, --profile-report <file>  --version  -h, --help

Exit codes: 0 fine, 1 internal error, 2 usage or inventory (nothing touched), 3
a task failed, 4 unreachable, 5 differences, 6 locked, 129-143 a signal.
`
