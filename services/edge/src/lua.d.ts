/** A script as text. */
declare module "*.lua" {
  const script: string;
  export default script;
}
