"""One folder for each family of losses; it holds all that is known of them.

``losses`` the functions, ``gradients`` derived by hand, ``likelihoods`` the densities, ``modules`` the
classes, ``cases`` what they are proven and timed on, ``card.yml`` the facts of each loss in two languages.
What a folder offers is found by :mod:`lossbook.faces`: there is no list of families or losses anywhere.
"""
