/** The dispatch list offers to print itself where a script can. */

const print = document.getElementById("dispatch-print");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}
