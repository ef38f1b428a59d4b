#!/usr/bin/env node
// Runs the sources through tsx. No logic here.
import 'tsx'

await (await import('../lib/cli/main.ts')).main()
