import { defineRole, file, restart, z } from 'nfsha-play'

const unit = 'prometheus-node-exporter.service'
const settings = '/etc/default/prometheus-node-exporter'

export default defineRole({
  name: 'prometheus-node-exporter',
  summary: 'figures of the machine for Prometheus',
  vars: z.object({
    prometheus_node_exporter_port: z.number().int().min(1).max(65535).default(9100).describe('TCP port'),
  }),
  steps: ({ vars, platform }) => [
    platform.install(['prometheus-node-exporter']),
    file(settings, {
      content: `# Managed by nfsha-play.\nARGS="--web.listen-address=:${vars.prometheus_node_exporter_port}"\n`,
      notify: [`restart ${unit}`],
    }),
    platform.service(unit, { enabled: true, running: true, from: 'package prometheus-node-exporter' }),
  ],
  handlers: () => [restart(unit, { files: [settings] })],
})
