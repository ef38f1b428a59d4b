import { runJob } from '../ssh/job.ts'
import { file } from './file.ts'
import { failedScript } from './outcome.ts'
import type { PackageState } from './packages.ts'
import { packageChanges } from './packages.ts'
import { quote } from './quote.ts'
import type { ApplyContext, HostResource, Resource } from './resource.ts'
import { present } from './resource.ts'

interface RpmResource extends HostResource<PackageState[]> {
  wanted: { names: string[]; hold: boolean }
}

const locks = '/etc/yum/pluginconf.d/versionlock.list'
const repositoryFile = '/etc/yum.repos.d/nfsha.repo'

/**
 * Pure: `rpm -q --qf '%{NAME} %{VERSION}-%{RELEASE}\n'`, which says "package x is not installed" of others, then `@locks` and the list of
 * yum-plugin-versionlock: `0:heartbeat-3.0.4-2.el6.*`.
 */
export const parseRpm = (names: string[], stdout: string): PackageState[] => {
  const [installed = '', locked = ''] = stdout.split(/^@locks$/m)
  const isLocked = (name: string) =>
    locked.split('\n').some(l => l.replace(/^\d+:/, '').startsWith(`${name}-`) && /^\d/.test(afterName(l, name)))
  return names.map(name => {
    const version = installed.split('\n').find(l => l.startsWith(`${name} `))
    return { name, version: version?.split(' ')[1] ?? '', installed: version !== undefined, held: isLocked(name) }
  })
}

/** `nfs-utils-lib-1.1` is no version of nfs-utils: what follows a name and its dash begins with a digit. */
const afterName = (line: string, name: string): string => line.replace(/^\d+:/, '').slice(name.length + 1)

/** Packages by yum(8), locked at their version by yum-plugin-versionlock. All of a play become one transaction. */
export const rpmPackages = (names: string[], { hold = false }: { hold?: boolean } = {}): RpmResource => ({
  scope: 'host',
  id: `package ${names.join(' ')}`,
  wanted: { names, hold },
  alters: 'host',
  probe: {
    sh: `rpm -q --qf '%{NAME} %{VERSION}-%{RELEASE}\\n' ${names.map(quote).join(' ')}; echo @locks; cat ${locks} 2>/dev/null; true`,
    parse: ({ stdout }) => present(parseRpm(names, stdout)),
  },
  changes: actual => (actual.kind === 'present' ? packageChanges(actual.state, hold) : []),
  apply: (_$, _changes, context) => install([{ names, hold }], context),
  merge: {
    kind: 'packages',
    applyAll: (resources, _$, context) =>
      install(
        resources.map(r => (r as RpmResource).wanted),
        context,
      ),
  },
})

const install = async (wanted: { names: string[]; hold: boolean }[], { connection, progress, signal }: ApplyContext): Promise<void> => {
  const names = [...new Set(wanted.flatMap(w => w.names))]
  const held = [...new Set(wanted.flatMap(w => (w.hold ? w.names : [])))]
  const { code, output } = await runJob(connection, {
    id: 'packages',
    script: yumScript(names, held),
    timeout: 1_800_000,
    signal,
    onOutput(text) {
      for (const [, step, name] of text.matchAll(/^ {2}(Installing|Updating) +: (\S+)/gm))
        progress({ text: `${step?.toLowerCase()} ${name}` })
    },
  })
  if (code !== 0)
    throw failedScript(
      `installing ${names.join(' ')}`,
      { code, stdout: output, stderr: '' },
      'look at /var/log/yum.log; the mirrors of CentOS 6 are gone: set base_yum_repositories to an archive',
    )
}

/** With repositories of ours no other is asked: the stock ones point at mirrors that are gone, and one that fails ends yum. */
const yumScript = (names: string[], held: string[]): string => `set -eu
only=
[ ! -s ${repositoryFile} ] || only="--disablerepo=* --enablerepo=nfsha-*"
set -f
yum -y $only install ${(held.length > 0 ? ['yum-plugin-versionlock', ...names] : names).map(quote).join(' ')}
${
  held.length > 0
    ? `for p in ${held.map(quote).join(' ')}; do
  grep -qE "^([0-9]+:)?$p-[0-9]" ${locks} || yum -y $only versionlock add "$p"
done`
    : ''
}
`

/** yum.conf(5): one file with all of them. CentOS 6 is out of support, so where its packages come from is the operator's input. */
export const yumRepositories = (list: { name: string; url: string; key: string }[]): Resource[] =>
  list.length === 0 ? [] : [file(repositoryFile, { content: `# Managed by nfsha-play.\n${list.map(section).join('\n')}` })]

const section = ({ name, url, key }: { name: string; url: string; key: string }): string => `[nfsha-${name}]
name=${name}
baseurl=${url}
enabled=1
gpgcheck=1
gpgkey=${key}
`
