import { expect, test } from 'vitest'
import { mayRead } from '../../../../lib/engine/sources/affected.ts'
import { embedded } from '../../../../lib/resources/file.ts'
import type { Place } from '../../../../lib/resources/resource.ts'
import { type Piece, shell, text } from '../../../../lib/resources/source.ts'

const file = (path: string): Piece[] => [{ kind: 'file', path }]
const unit: Piece[] = [{ kind: 'unit', unit: 'nfs-server', properties: ['LoadState'] }]
const packages: Piece[] = [{ kind: 'packages', names: ['heartbeat'] }]
const written = (path: string): Place => ({ kind: 'file', path })

test.each<[string, Piece[] | undefined, Place, boolean]>([
  ['another file', file('/etc/a'), written('/etc/b'), false],
  ['the file itself', file('/etc/a'), written('/etc/a'), true],
  ['the same file by another path', file('/var/run/a'), written('/run/a'), true],
  ['the directory that was made for it', file('/etc/new.d'), written('/etc/new.d/a'), true],
  ['a file in a directory', file('/etc/d/a'), { kind: 'directory', path: '/etc/d' }, true],
  ['a directory beside it', file('/etc/d/a'), { kind: 'directory', path: '/etc/dd' }, false],
  ['anything behind a link', file('/etc/a'), { kind: 'link', path: '/srv/x' }, true],
  ['a text file may be a link to anything', [text('/etc/a')], written('/etc/b'), true],
  ['kernel files', [text('/proc/mounts', '/sys/block/*/size')], written('/etc/b'), false],
  ['a unit, by an unrelated file', unit, written('/etc/exports.d/a'), false],
  ['a unit, by a drop-in', unit, written('/etc/systemd/system/nfs-server.service.d/a.conf'), true],
  ['a unit, by a script of init', unit, written('/etc/init.d/nfs'), true],
  ['a unit, by fstab', unit, written('/etc/fstab'), true],
  ['packages', packages, written('/etc/a'), false],
  ['an undeclared source', undefined, written('/etc/a'), true],
  ['a script of its own', [shell('exportfs')], written('/etc/a'), true],
  ['a file within a larger probe', embedded('x', '/etc/a'), written('/etc/a'), true],
  ['another one within it', embedded('x', '/etc/a'), written('/etc/b'), false],
  ['one of several', [...file('/etc/a'), shell('date')], written('/etc/b'), true],
])('%s', (_name, reads, place, expected) => {
  expect(mayRead({ ...(reads && { reads }) }, place)).toBe(expected)
})
