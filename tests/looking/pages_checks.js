/* What a page is checked for besides axe; gives back complaints. Runs inside the page. */
(smallest) => {
  const found = [];
  const root = document.documentElement;
  const name = (element) => {
    const classes = typeof element.className === "string" ? element.className.trim().replace(/\s+/g, ".") : "";
    return element.tagName.toLowerCase() + (element.id ? `#${element.id}` : "") + (classes ? `.${classes}` : "");
  };
  const quote = (text) => `“${text.trim().replace(/\s+/g, " ").slice(0, 30)}”`;
  const unseen = (element) => {
    const style = getComputedStyle(element);
    return style.visibility === "hidden" || (style.position === "absolute" && element.offsetWidth <= 1);
  };
  const parents = (element) => {
    const all = [];
    for (let each = element; each && each !== root; each = each.parentElement) all.push(each);
    return all;
  };
  const boxed = (style) => parseFloat(style.borderLeftWidth) > 0 || style.backgroundColor !== "rgba(0, 0, 0, 0)";
  const room = window.innerWidth;

  // Colours: what is see-through shows what it stands on.
  const colour = (text) => (text.startsWith("rgb") ? text.match(/[\d.]+/g).map(Number) : null);
  const over = ([red, green, blue, share = 1], below) => [red, green, blue].map((part, at) => part * share + below[at] * (1 - share));
  const ground = (element) => (element ? over(colour(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [255, 255, 255]);
  const light = (parts) => {
    const [red, green, blue] = parts.map((each) => (each / 255 <= 0.04045 ? each / 3294.6 : ((each / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
  };
  const contrast = (drawn, below) => {
    const [one, other] = [light(over(drawn, below)), light(below)];
    return Math.max(one, other) / Math.min(one, other);
  };
  // The shape of a drawing that is right under a point of it, else what the drawing stands on.
  const under = (text, x, y) => {
    const shapes = Array.from(text.closest("svg").querySelectorAll("rect, circle, ellipse, path, polygon, polyline"));
    const shape = shapes.filter((each) => each.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING
      && colour(getComputedStyle(each).fill)
      && each.isPointInFill(new DOMPoint(x, y).matrixTransform(each.getScreenCTM().inverse()))).pop();
    const below = ground(text.closest("svg"));
    return shape ? over(colour(getComputedStyle(shape).fill), below) : below;
  };

  // 1. No sideways scroll.
  if (root.scrollWidth > room + 1) {
    const widest = Array.from(document.body.querySelectorAll("*"))
      .filter((each) => each.getBoundingClientRect().right > room + 1
        && !parents(each.parentElement).some((one) => /auto|scroll|hidden/.test(getComputedStyle(one).overflowX)));
    found.push(`scrolls sideways: ${root.scrollWidth} of ${room}, ${widest.slice(0, 3).map(name).join(" ")}`);
  }

  // On a phone a table of results is read whole, without scrolling in its frame.
  if (matchMedia("(max-width: 40em)").matches) {
    for (const table of document.querySelectorAll("table.stacked")) {
      const frame = table.parentElement;
      if (frame.scrollWidth > frame.clientWidth + 1) found.push(`scrolls in its frame: ${name(table)} ${frame.scrollWidth} of ${frame.clientWidth}`);
    }
  }

  // 2. No text cut or outside its box; 3. none too small; in drawings, of which axe sees nothing, none faint.
  const placed = [];
  const put = (holder, above, rects, words, less = 0) => {
    if (above.some((each) => /sticky|fixed/.test(getComputedStyle(each).position))) return;
    // What a frame scrolls away is not there.
    const frame = above.find((each) => (words || each !== holder) && each !== document.body && getComputedStyle(each).overflowX !== "visible");
    const end = frame ? frame.getBoundingClientRect().right : Infinity;
    placed.push(...rects.map(({ left, right, top, bottom }) => ({
      holder, words, left, right: Math.min(right, end), top: top + less, bottom: bottom - less,
    })));
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const holder = node.parentElement;
    if (!node.data.trim() || /^(script|style|title|desc|option|textarea)$/i.test(holder.tagName)) continue;
    const above = parents(holder);
    if (above.some(unseen)) continue;
    range.selectNodeContents(node);
    const rects = Array.from(range.getClientRects()).filter((each) => each.width > 0 && each.height > 0);
    if (!rects.length) continue;
    const svg = holder.closest("svg");
    const size = parseFloat(getComputedStyle(holder).fontSize) * (svg ? holder.getScreenCTM().a : 1);
    // The letters of a drawing do not grow with the reader's type; the table beside it does.
    if (size < (svg && smallest > 16 ? 0 : smallest) - 0.1) found.push(`${size.toFixed(1)} px: ${quote(node.data)} in ${name(holder)}`);
    const left = Math.min(...rects.map((each) => each.left));
    const right = Math.max(...rects.map((each) => each.right));
    const top = Math.min(...rects.map((each) => each.top));
    const bottom = Math.max(...rects.map((each) => each.bottom));
    let inside = false;
    for (const each of above) {
      const style = getComputedStyle(each);
      const box = each.getBoundingClientRect();
      const clips = /hidden|clip/.test(style.overflowX + style.overflowY) && each !== document.body;
      const slack = size / 4;
      if ((clips || boxed(style)) && style.display !== "inline" && (left < box.left - 2 || right > box.right + 2)) {
        found.push(`outside of ${name(each)}: ${quote(node.data)}`);
        inside = true;
        break;
      }
      if (clips && (top < box.top - slack || bottom > box.bottom + slack)) {
        found.push(`cut by ${name(each)}: ${quote(node.data)}`);
        inside = true;
        break;
      }
      if (/auto|scroll/.test(style.overflowX)) { inside = true; break; }
    }
    if (!inside && (left < -1 || right > room + 1)) found.push(`outside of the screen: ${quote(node.data)}`);
    const fill = svg && colour(getComputedStyle(holder).fill);
    const clear = fill && contrast(fill, under(holder, (left + right) / 2, (top + bottom) / 2));
    if (fill && clear < 7) found.push(`contrast ${clear.toFixed(1)}: ${quote(node.data)} in ${name(holder)}`);
    // Signs fill the middle of their line.
    put(holder, above, rects, quote(node.data), size / 5);
  }

  // 4. No text stands on another, nor on the frame of what it is no part of.
  for (const each of document.body.querySelectorAll("*")) {
    if (!boxed(getComputedStyle(each)) || parents(each).some(unseen)) continue;
    put(each, parents(each), Array.from(each.getClientRects()), "");
  }
  placed.sort((one, other) => one.top - other.top);
  placed.forEach((one, at) => {
    for (let next = at + 1; next < placed.length && placed[next].top < one.bottom - 2; next += 1) {
      const other = placed[next];
      const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
      const high = Math.min(one.bottom, other.bottom) - other.top;
      if (wide <= 2 || high <= 2 || !(one.words || other.words) || one.holder.contains(other.holder) || other.holder.contains(one.holder)) continue;
      found.push(`${one.words || name(one.holder)} and ${other.words || name(other.holder)} stand on each other`);
    }
  });

  // 5. Whatever takes the focus shows it, on the screen and not behind something else.
  const shows = (element) => {
    const style = getComputedStyle(element);
    const below = ground(parseFloat(style.outlineOffset) < 0 ? element : element.parentElement);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && contrast(colour(style.outlineColor), below) >= 3;
  };
  const candidates = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  for (const each of document.querySelectorAll(candidates)) {
    const style = getComputedStyle(each);
    if (each.tabIndex < 0 || each.matches(":disabled") || style.visibility === "hidden" || !each.getClientRects().length) continue;
    if (each.type === "radio" && each.form) {
      const group = each.form.elements[each.name];
      if (group.length && each !== group[0]) continue;
    }
    each.focus({ focusVisible: true });
    if (document.activeElement !== each) { found.push(`takes no focus: ${name(each)}`); continue; }
    const label = each.labels && each.labels[0];
    const marks = [each, each.nextElementSibling, label].filter((one) => one && one.getClientRects().length);
    const mark = marks.find(shows);
    if (!mark) { found.push(`focus is not shown: ${name(each)} ${quote(each.textContent || each.name || "")}`); continue; }
    const places = Array.from(mark.getClientRects()).flatMap((box) =>
      [0.5, 0.1, 0.9].flatMap((x) => [0.5, 0.1, 0.9].map((y) => {
        const [above, below] = [Math.max(box.top, 0), Math.min(box.bottom, window.innerHeight)];
        return [box.left + box.width * x, above + (below - above) * y];
      })));
    const visible = places.some(([x, y]) => {
      const top = document.elementFromPoint(x, y);
      return top && (mark.contains(top) || each.contains(top) || (label && label.contains(top)));
    });
    if (!visible) found.push(`focus is hidden: ${name(each)} ${quote(each.textContent || each.name || "")}`);
  }
  return Array.from(new Set(found));
}
