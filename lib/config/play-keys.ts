import { ConfigError, throwAll } from './error.ts'
import { didYouMean } from './suggest.ts'
import type { Variables } from './value.ts'

export const playKeys = [
  'name',
  'hosts',
  'roles',
  'vars',
  'vars_files',
  'become',
  'become_user',
  'remote_user',
  'user',
  'tags',
  'any_errors_fatal',
  'serial',
  'gather_facts',
]
export const roleKeys = ['role', 'name', 'tags', 'vars']
export const importKeys = ['import_playbook', 'ansible.builtin.import_playbook', 'name', 'tags', 'vars']

const noTasks = 'tasks in playbooks are not supported: logic belongs in roles (roles/<name>/role.ts)'
const noConditions = 'conditions and loops in playbooks are not supported: logic belongs in roles (roles/<name>/role.ts)'

/** Ansible's other keys, and why they are refused. */
const refusedKeys: Record<string, string> = {
  ...Object.fromEntries(
    ['tasks', 'pre_tasks', 'post_tasks', 'handlers', 'block', 'include', 'import_tasks', 'include_role', 'import_role'].map(key => [
      key,
      noTasks,
    ]),
  ),
  ...Object.fromEntries(
    ['when', 'loop', 'with_items', 'until', 'register', 'ignore_errors', 'failed_when', 'changed_when'].map(key => [key, noConditions]),
  ),
  become_method: 'sudo is always used',
  vars_prompt: 'there are no prompts; give the value with -e',
  strategy: 'hosts always run in parallel, with a barrier between roles',
  max_fail_percentage: 'use any_errors_fatal; a failed host stops its own cluster only',
  connection: 'set ansible_connection in the inventory',
  port: 'set ansible_port in the inventory',
  environment: 'roles set what their commands need',
  delegate_to: noConditions,
  run_once: noConditions,
  ignore_unreachable: 'what needs an unreachable host always stays pending',
  check_mode: 'use --check',
  diff: 'use --diff',
  collections: 'collections are not supported; roles are TypeScript',
}

/** Throws for all keys that are not allowed: Ansible's own with the reason, others with a suggestion. */
export const checkKeys = (entries: Variables, allowed: readonly string[], what: string): void => {
  const foreign = [...entries].filter(([key]) => !allowed.includes(key))
  throwAll(
    foreign.map(([key, { at }]) => {
      const reason = Object.hasOwn(refusedKeys, key) ? refusedKeys[key] : undefined
      if (reason) return new ConfigError(`'${key}' cannot be used in ${what}`, at, reason)
      const known = allowed.filter(name => !name.includes('.'))
      return new ConfigError(`${what} has no '${key}'`, at, didYouMean(key, known) ?? `it has: ${known.join(', ')}`)
    }),
  )
}
