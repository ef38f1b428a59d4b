import type { Command } from 'commander'
import { labPlaces, labUp } from '../../lab/index.ts'
import { runPlaybook } from '../run/run-playbook.ts'
import { tellLab } from './lab.ts'

/** `nfsha-play demo`, which is `npm start` too. */
export const define = (command: Command): void =>
  void command.description('bring up the lab, play site.yml on it, show the result').action(async () => {
    process.exitCode = await demo()
  })

/** Plays site.yml on emulated machines: from bare machines to a share that a client writes to. */
const demo = async (): Promise<number> => {
  await labUp({ onProgress: tellLab() })
  const inventory = [labPlaces('default').inventoryFile]
  const code = await runPlaybook('site.yml', { inventory })
  return code === 0 ? runPlaybook('status.yml', { inventory }) : code
}
