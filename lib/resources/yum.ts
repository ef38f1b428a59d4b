import { file } from './file.ts'
import type { PackageState } from './package-manager.ts'
import { packagesBy } from './package-manager.ts'
import { quote } from './quote.ts'
import { present } from './reading.ts'
import type { Resource } from './resource.ts'

const locks = '/etc/yum/pluginconf.d/versionlock.list'
const repositoryFile = '/etc/yum.repos.d/nfsha.repo'

/** A name may include a version (the headers of one kernel), so each answer starts with the queried name. */
const rpmQuery = (names: string[]): string =>
  `for p in ${names.map(quote).join(' ')}; do rpm -q --qf "$p %{VERSION}-%{RELEASE}\\n" "$p"; done`

/**
 * Pure: parses the output of `rpmQuery`, `NAME VERSION-RELEASE` for each installed version and "package x is not installed" for others,
 * then `@locks` and the list of yum-plugin-versionlock: `0:heartbeat-3.0.4-2.el6.*`.
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

/** `nfs-utils-lib-1.1` is not a version of nfs-utils: a version starts with a digit after the name and a dash. */
const afterName = (line: string, name: string): string => line.replace(/^\d+:/, '').slice(name.length + 1)

/** Uses only our repositories if there are any: the stock ones point to mirrors that no longer exist, and yum aborts if one fails. */
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

/** yum.conf(5): all repositories in one file. CentOS 6 is out of support, so the operator configures where its packages come from. */
export const yumRepositories = (list: { name: string; url: string; key: string }[]): Resource[] =>
  list.length === 0 ? [] : [file(repositoryFile, { content: `# Managed by nfsha-play.\n${list.map(section).join('\n')}` })]

const section = ({ name, url, key }: { name: string; url: string; key: string }): string => `[nfsha-${name}]
name=${name}
baseurl=${url}
enabled=1
gpgcheck=1
gpgkey=${key}
`
