/** The page's own icon: a receiver in a rounded square. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect width="64" height="64" rx="15" fill="#1d8a5b"/>
<path d="M21 15l7 1.5 3 9.5-5 4.5a31 31 0 0 0 12.5 12.5l4.5-5 9.5 3 1.5 7c.3 2.2-1.4 4.3-3.7 4.3C33 53 13 33 12 19c0-2.3 2-4.2 4.3-3.9z" fill="none" stroke="#fff" stroke-width="4" stroke-linejoin="round" transform="translate(-1 -2)"/>
</svg>
`;
