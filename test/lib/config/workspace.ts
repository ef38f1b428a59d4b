import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type InventoryOptions, loadInventory } from '../../../lib/config/inventory.ts'
import type { Inventory } from '../../../lib/config/model.ts'

/** A directory with these files, removed after the test. */
export const workspace = (files: Record<string, string>): string => {
  const root = mkdtempSync(join(tmpdir(), 'nfsha-config-'))
  onTestFinished(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

/** The inventory in these files; `hosts.yml` or `hosts` is the source. */
export const inventoryOf = (files: Record<string, string>, options: InventoryOptions = {}): Inventory => {
  const cwd = workspace(files)
  return loadInventory([files['hosts.yml'] === undefined ? 'hosts' : 'hosts.yml'], { cwd, ...options })
}

/** The message of the error that an action throws. */
export const failure = (action: () => unknown): string => {
  try {
    action()
  } catch (error) {
    return (error as Error).message
  }
  throw new Error('nothing was thrown')
}
