/** FlowEditor. */

export function FlowEditorPage() {
  return <h1>FlowEditor</h1>;
}
