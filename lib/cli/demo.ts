import { labUp } from '../lab/index.ts'
import { tellLab } from './lab.ts'
import { play } from './play.ts'

const inventory = ['inventory/lab.yml']

/** `npm start`: the main job on emulated machines, from bare machines to a share that a client writes to. */
export const demo = async (): Promise<number> => {
  await labUp({ onProgress: tellLab() })
  const code = await play('site.yml', { inventory })
  return code === 0 ? play('status.yml', { inventory }) : code
}
