/** Shell that succeeds when heartbeat is up and no hand-over is in progress, during which cl_status(1) prints `transition`. */
export const settled = `cl_status rscstatus 2>/dev/null | grep -qE '^(all|local|foreign|none)$'`

/** Shell that succeeds when this node has the address. */
export const hasAddress = (ip: string): string => `ip -o -4 addr show | grep -q ' inet ${ip}/'`

/** Shell that waits at most `seconds` until a condition holds, however long testing the condition takes. */
export const untilTrue = (condition: string, seconds: number): string =>
  `read -r u _ < /proc/uptime; end=$((\${u%.*} + ${seconds})); until ${condition}; do read -r u _ < /proc/uptime; [ "\${u%.*}" -lt "$end" ] || exit 1; sleep 0.2; done`
