/** Refuses when the host runs all commands in one process group (a server without setsid): the group holds more than the script. */
export const killScript = (group: number, then: string): string =>
  `read -r l </proc/$$/stat; l=\${l##*) }; set -- $l; [ "$3" = ${group} ] && exit 1\n${then}\n:`

/** Kills a process group: SIGTERM, after 2 s SIGKILL. */
export const endScript = (group: number): string => killScript(group, endGroup(group))

const endGroup = (group: number): string => {
  const alive = `kill -0 -${group} 2>/dev/null`
  const wait = `i=0; while ${alive} && [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done`
  return `kill -TERM -${group} 2>/dev/null; ${wait}; ${alive} && kill -KILL -${group} 2>/dev/null`
}
