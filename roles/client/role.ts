import type { Resource } from '../../lib/role-api/index.ts'
import type { Context, Role } from '../role.ts'
import { vipMount } from './mount.ts'
import { writesAndReads } from './proof.ts'

const steps = (context: Context): Resource[] => [
  context.platform.install(context.platform.packages.nfsClient),
  vipMount(context),
  writesAndReads(context),
]

export const client: Role = { name: 'client', summary: 'a client mounts the share through the virtual IP, writes and reads back', steps }
