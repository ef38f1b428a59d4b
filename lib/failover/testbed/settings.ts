/**
 * The variables of the pair that the test reads. The roles' variables match this; this folder is below the roles and does not import them.
 */
export interface PairSettings {
  ha_vip: string
  ha_stack: 'lean' | 'article'
  ha_stage: 'full' | 'vip'
  node_service_nic: string
  node_heartbeat_nic: string
  node_heartbeat_ip: string
  node_drbd_nic: string
  heartbeat_ping: string[]
  drbd_device: string
  drbd_disk: string
  drbd_resource: string
  nfs_export_path: string
  nfs_lease: number
  client_options: string
  /** Name of the lab, if these machines are in one. */
  failover_lab?: string | undefined
  failover_faults: string
  failover_runs: number
  failover_random?: number | undefined
  failover_surroundings?: string | undefined
  failover_seed?: number | undefined
  failover_confirm?: string | undefined
  failover_dd: boolean
  failover_dead_client?: string | undefined
}

/** The virtual IP without its prefix length. */
export const vipAddress = (settings: Pick<PairSettings, 'ha_vip'>): string => settings.ha_vip.replace(/\/.*/, '')
