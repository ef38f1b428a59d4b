// Roles quote like connections; they import lib/resources, never lib/ssh.
export { quote } from '../ssh/quote.ts'
