import { file } from './file.ts'
import type { PackageState } from './package-manager.ts'
import { packagesBy } from './package-manager.ts'
import { quote } from './quote.ts'
import type { Resource } from './resource.ts'
import { present } from './resource.ts'

const locks = '/etc/yum/pluginconf.d/versionlock.list'
const repositoryFile = '/etc/yum.repos.d/nfsha.repo'

/** A package may be asked for with its version (the headers of one kernel), so each is answered under the name that it was asked by. */
const rpmQuery = (names: string[]): string =>
  `for p in ${names.map(quote).join(' ')}; do rpm -q --qf "$p %{VERSION}-%{RELEASE}\\n" "$p"; done`

/**
 * Pure: what `rpmQuery` prints, `NAME VERSION-RELEASE` for each version that is installed and "package x is not installed" of others, then `@locks`
 * and the list of yum-plugin-versionlock: `0:heartbeat-3.0.4-2.el6.*`.
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

/** Packages by yum(8), locked at their version by yum-plugin-versionlock. */
export const rpmPackages = packagesBy({
  probe: names => ({
    sh: `${rpmQuery(names)}; echo @locks; cat ${locks} 2>/dev/null; true`,
    parse: ({ stdout }) => present(parseRpm(names, stdout)),
  }),
  script: yumScript,
  unhold: name => ({
    isDue: `grep -qsE ${quote(`^([0-9]+:)?${name}-[0-9]`)} ${locks}`,
    sh: `sed -i -E ${quote(`/^([0-9]+:)?${name}-[0-9]/d`)} ${locks}`,
  }),
  step: /^ {2}(Installing|Updating) +: (\S+)/gm,
  hint: 'look at /var/log/yum.log; the mirrors of CentOS 6 are gone: set base_yum_repositories to an archive',
})

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
