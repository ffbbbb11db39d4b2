/** Code for versions, as text. */
declare module "*.worker.js" {
  const text: string;
  export default text;
}
