// The lab: three emulated machines, M1, M2 and C1. See docs/lab.md.
export { labAddress, labConnection, sshArguments } from './connection.ts'
export { labDown } from './down.ts'
export { LabError } from './error.ts'
export { FAULTS, type Fault, labFault, labReady } from './fault.ts'
export { isMachineName, type MachineName } from './machines.ts'
export { labSave } from './save.ts'
export { labStatus } from './status.ts'
export { labUp } from './up.ts'
