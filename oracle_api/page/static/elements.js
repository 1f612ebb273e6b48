// Makes elements. Text is only ever set as text, and styles only by class: the page's policy
// allows neither markup nor style attributes from data.

/** Classes of a button that is not the first to press; Bootstrap's outlines are too faint. */
export const SOFT = "bg-primary-subtle text-primary-emphasis border-primary-subtle";

let count = 0;

/** Gives an id that no other element of the page has. */
export function freshId(prefix) {
  count += 1;
  return `${prefix}-${count}`;
}

/** Makes an HTML element; `on…` attributes are listeners, false and null ones are left out. */
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** Makes an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}
