import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { centos6 } from '../../lib/platform/centos6.ts'
import { debian12 } from '../../lib/platform/debian12.ts'
import { articleGlobalCommon, articleResource } from '../../roles/drbd-init/article.ts'
import { articleAuthkeys, articleHaCf } from '../../roles/heartbeat/article.ts'
import { nfsdScript } from '../../roles/integrate/article.ts'
import { haresources } from '../../roles/integrate/config.ts'
import { firstOf } from '../../roles/role.ts'
import { exportLine } from '../../roles/service/nfs/exports.ts'
import { articleCluster } from './article-cluster.ts'

// The article's own text, extracted unchanged (it has lost its line breaks), compared with what the variables of its inventory generate.

interface Correction {
  /** Quoted verbatim in docs/article.md. */
  reason: string
  correct(text: string): string
}

const prompt: Correction = {
  reason: 'the prompt and the command that prints a file are not part of it',
  correct: text => text.replace(/^\[root@\S+ \S+\]# \w+ \S+\s+/, ''),
}
/** A note ends at two spaces: the article's line breaks became runs of spaces. */
const notes: Correction = {
  reason: "the author's Chinese notes behind a setting are not part of the file",
  correct: text => text.replace(/#\s*(?:(?!\s{2})[\s\S])*[^\0-\x7f](?:(?!\s{2})[\s\S])*/g, ''),
}
const oldPlan: Correction = {
  reason: 'haresources of III.2 has a line commented out that names a resource `data`; there is none of that name',
  correct: text => text.replace(/#NFS.*/, ''),
}
/** Compared with the result for CentOS 6 in test/lib/platform/centos6.test.ts. */
const slip: Correction = {
  reason: 'the `tail` of rc.local (II.3) shows `dev em1`, the two lines that were appended above it say em2 and em3; the latter are meant',
  correct: text => text.replace(/\[root@\S+ \S+\]# tail .*/s, ''),
}
const corrections = [prompt, notes, oldPlan, slip]

const fixture = (name: string) => readFileSync(new URL(`../fixtures/article/${name}.txt`, import.meta.url), 'utf8')
const folded = (text: string) => text.replace(/\s+/g, ' ').trim()
const article = (name: string, ...also: Correction[]) =>
  folded([prompt, notes, ...also].reduce((text, correction) => correction.correct(text), fixture(name)))

const cluster = articleCluster()
const { vars } = firstOf(cluster)

test.each([
  ['ha.cf', articleHaCf(cluster, centos6)],
  ['authkeys', articleAuthkeys()],
  ['haresources', haresources(cluster)],
  ['nfsd', nfsdScript(centos6)],
  ['global_common.conf', articleGlobalCommon(vars)],
  ['drbd.res', articleResource(cluster)],
  ['exports', exportLine(vars)],
])("%s is the article's", (name, text) => expect(folded(text)).toBe(article(name)))

test('haresources at stage vip is the article’s first', () =>
  expect(folded(haresources(articleCluster('ha_stage=vip')))).toBe(article('haresources-vip', oldPlan)))

test('the values are those of the variables, not the article’s', () => {
  const other = articleCluster(
    'drbd_resource=r7 drbd_device=/dev/drbd7 drbd_secret=another-secret ha_vip=10.9.9.9/16 node_service_nic=eth7',
  )
  expect(haresources(other)).toBe('M1.redhat.sx IPaddr::10.9.9.9/16/eth7 drbddisk::r7 Filesystem::/dev/drbd7::/data::ext4 nfsd\n')
  expect(articleResource(other)).toContain('resource r7 {')
  expect(articleGlobalCommon(firstOf(other).vars)).toContain('shared-secret "another-secret";')
  expect(nfsdScript(debian12)).toContain('/etc/init.d/nfs-kernel-server restart')
})

test('settings for which the article relies on a battery are omitted unless requested', () =>
  expect(articleGlobalCommon(firstOf(articleCluster('drbd_disk_flushes=true')).vars)).not.toContain('flushes'))

test('docs/article.md gives every correction with its reason', () => {
  const page = readFileSync(new URL('../../docs/article.md', import.meta.url), 'utf8').replace(/\s+/g, ' ')
  for (const { reason } of corrections) expect(page).toContain(reason)
})
