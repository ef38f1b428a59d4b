import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { contentOf, type Tasks } from '../tasks.ts'
import { atOnce, type Contender, type Entrant, type Play } from './contender.ts'
import { writeInventory } from './inventory.ts'
import { firstLineOf } from './program.ts'

/** Ansible, tuned for speed: pipelining, ControlPersist, a fork per host, no facts. */
export const ansible = (): Entrant => {
  const version = firstLineOf('ansible-playbook', '--version')
  if (version === undefined) return { name: 'Ansible', missing: 'no ansible-playbook (Debian: ansible-core)' }
  return withConfiguration('Ansible', version.replace(/^ansible-playbook /, ''), 'ansible', '')
}

/** The directory of Mitogen's strategies, for the Python that Ansible runs under. */
const strategies = (): string | undefined => {
  const code = 'import ansible_mitogen, os; print(os.path.join(os.path.dirname(ansible_mitogen.__file__), "plugins/strategy"))'
  const folder = firstLineOf('/usr/bin/python3', '-c', code)
  return folder !== undefined && existsSync(folder) ? folder : undefined
}

export const mitogen = (): Entrant => {
  const name = 'Ansible + Mitogen'
  const base = ansible()
  if ('missing' in base) return { ...base, name }
  const folder = strategies()
  if (folder === undefined) return { name, missing: 'no Mitogen for /usr/bin/python3 (Debian: ansible-mitogen)' }
  const version = firstLineOf('/usr/bin/python3', '-c', 'import mitogen; print(".".join(map(str, mitogen.__version__)))')
  return withConfiguration(name, `${base.version} with ${version}`, 'mitogen', `strategy_plugins = ${folder}\nstrategy = mitogen_linear\n`)
}

const withConfiguration = (name: string, version: string, file: string, more: string): Contender => {
  const configuration = ({ folder }: Play) => join(folder, `${file}.cfg`)
  return {
    name,
    version,
    prepare(play) {
      writeInventory(play)
      writeFileSync(join(play.folder, 'ansible.yml'), playbookOf(play))
      const controls = join(play.farm.folder, 'cp')
      mkdirSync(controls, { recursive: true, mode: 0o700 })
      writeFileSync(
        configuration(play),
        `[defaults]
forks = ${atOnce(play.hosts.length)}
host_key_checking = True
interpreter_python = /usr/bin/python3
${more}[ssh_connection]
pipelining = True
control_path_dir = ${controls}
ssh_args = -o ControlMaster=auto -o ControlPersist=60s
`,
      )
    },
    command: play => ({
      argv: ['ansible-playbook', '-i', 'hosts.yml', 'ansible.yml'],
      cwd: play.folder,
      env: { ANSIBLE_CONFIG: configuration(play), ANSIBLE_NOCOLOR: '1' },
    }),
  }
}

const playbookOf = ({ farm, tasks }: Play): string => {
  const at = (name: string) => `${join(farm.folder, 'hosts')}/{{ inventory_hostname }}${name}`
  // JSON is YAML.
  return `${JSON.stringify([{ hosts: 'all', gather_facts: false, tasks: tasksFor(at, tasks) }], undefined, 1)}\n`
}

const tasksFor = (at: (name: string) => string, { files, lines, links }: Tasks): object[] => [
  { 'ansible.builtin.file': { path: at(''), state: 'directory', mode: '0755' } },
  ...Array.from({ length: files }, (_, i) => ({ 'ansible.builtin.copy': { dest: at(`/file-${i}`), content: contentOf(i), mode: '0640' } })),
  ...Array.from({ length: lines }, (_, i) => ({
    'ansible.builtin.lineinfile': { path: at(`/lines-${i}`), line: 'b 2', regexp: '^b ', create: true },
  })),
  ...Array.from({ length: links }, (_, i) => ({ 'ansible.builtin.file': { src: `file-${i}`, dest: at(`/link-${i}`), state: 'link' } })),
]
