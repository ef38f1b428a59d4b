import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { packagedFile } from '../../../../lib/text/packaged.ts'
import { resourceScript, scriptPart, scriptParts } from '../../../../roles/service/resource-script/index.ts'

/** Names of the functions that a part defines. */
const functionsOf = (text: string): string[] => [...text.matchAll(/^(\w+)\(\) \{/gm)].map(m => m[1] ?? '')

test('every part is in the script once', () => {
  const files = readdirSync(packagedFile('roles/service/resource-script'), { recursive: true, encoding: 'utf8' })
  const parts = files.filter(name => name.endsWith('.sh')).map(name => name.replace(/\.sh$/, ''))
  expect([...scriptParts].sort()).toEqual(parts.sort())
})

// Another order would change the file on the nodes, and each running pair would be handed over once.
test('the order of the parts is the one on the nodes', () => {
  expect(scriptParts.map(part => functionsOf(scriptPart(part))[0] ?? part)).toEqual([
    'shared/settings',
    'log',
    'find_volume',
    'mount_state',
    'prewarm',
    'promote',
    'start_nfs',
    'keep_secondary_addresses',
    'start',
    'save_connections',
    'end_threads',
    'try_unmount_state',
    'lower_vip',
    'health_problem',
    'may_hand_over',
    'watch_connection',
    'preload',
    'newer_file',
    'main',
  ])
})

test('the parts form one script: settings first, then functions that are each defined once, then the code that calls them', () => {
  const script = resourceScript()
  const names = functionsOf(script)
  expect(script.startsWith('#!/bin/sh\n')).toBe(true)
  expect(script.endsWith('\nesac\n')).toBe(true)
  expect(names.length).toBeGreaterThan(80)
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  for (const part of scriptParts) {
    const text = scriptPart(part)
    expect(text, part).toMatch(/[^\n]\n$/)
    expect(script.split(text), part).toHaveLength(2)
    // Only the first and the last part contain code outside functions.
    if (part !== 'shared/settings' && part !== 'main')
      for (const line of text.split('\n')) expect(line, part).toMatch(/^( |#|\}|$|\w+\(\) \{|CREATE TABLE )/)
  }
})
