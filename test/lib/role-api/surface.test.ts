import { expect, test } from 'vitest'
import * as api from '../../../lib/role-api/index.ts'

test("the public surface of the package is frozen: a change here is a change for everybody's roles", () => {
  expect(Object.keys(api).sort()).toEqual([
    'absent',
    'assertion',
    'command',
    'cronEntry',
    'defineRole',
    'differsBy',
    'directory',
    'edited',
    'file',
    'group',
    'inSync',
    'kernelModule',
    'lineInFile',
    'link',
    'notifying',
    'present',
    'quote',
    'refused',
    'removed',
    'restart',
    'skip',
    'sysctl',
    'unknown',
    'user',
    'z',
  ])
})
