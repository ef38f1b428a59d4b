// Roles quote as connections do; they see resources, never the connection's own folder.
export { quote } from '../ssh/quote.ts'
